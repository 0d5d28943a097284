/* No C library: integer, string and floating-point work of many kinds, then exit(checksum). */
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

static u64 state = 88172645463325252ul;

static u64 next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}

static u64 integers(void) {
  u64 sum = 0;
  for (int i = 0; i < 40; i++) {
    u64 a = next(), b = next() | 1;
    sum += a / b + a % (b >> 40 | 1) + (u64)((long)a / (long)(int)b) * (a >> (b & 63));
    sum ^= (u32)a * (u64)(u32)b + (u16)(a << (b & 15)) - (u8)(a % 7);
    sum = (sum << 9 | sum >> 55) + __builtin_popcountl(a) + __builtin_clzl(b) + __builtin_ctzl(b);
    sum += (u64)(((__int128)(long)a * (long)b) >> 64) + (a < b) + ((long)a < (long)b);
    sum ^= __builtin_bswap64(a) + __builtin_bswap32((u32)b);
  }
  return sum;
}

static u8 left[300], right[300];

static u64 strings(void) {
  u64 sum = 0;
  void *to = left;
  const void *from = right;
  long count = 290;
  for (int i = 0; i < 300; i++) right[i] = (u8)next();
  __asm__ volatile("cld; rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  to = left + 3, count = 20;
  __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(sum + 0x0123456789abcdeful) : "memory");
  to = left + 299, count = 300;
  __asm__ volatile("std; repne scasb; cld" : "+D"(to), "+c"(count) : "a"(0x89) : "memory", "cc");
  for (int i = 0; i < 300; i++) sum = sum * 31 + left[i];
  return sum + (u64)count;
}

static u64 floats(void) {
  double d = 1.5, total = 0;
  float f = 0.25f;
  long double l = 3;
  for (int i = 1; i < 40; i++) {
    d = d * 1.0625 + 1.0 / i - (double)f;
    f = (float)d / (float)(i + 1) + __builtin_sqrtf(f < 0 ? -f : f);
    l = l * (long double)d + l / i - (long double)f;
    if (l > 1e10L) l = -l * 1e-12L;
    total += d > total ? (double)(long)d : __builtin_sqrt(d < 0 ? -d : d) + (double)l;
  }
  return (u64)(long)total + (u64)(u32)(long)(f * 1000) + (u64)(long)l;
}

static int sort(u32 *values, int count) {
  int swaps = 0;
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && values[j - 1] > values[j]; j--, swaps++) {
      u32 other = values[j];
      values[j] = values[j - 1];
      values[j - 1] = other;
    }
  return swaps;
}

__attribute__((used)) static void run(void) {
  u32 values[32];
  u64 sum = integers() ^ strings() ^ floats();
  for (int i = 0; i < 32; i++) values[i] = (u32)next();
  sum += sort(values, 32);
  sum += call(39, 0, 0, 0) > 0; /* getpid */
  call(1, 1, (long)values, sizeof values);
  call(60, (long)(sum & 127), 0, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call run\n hlt\n");
