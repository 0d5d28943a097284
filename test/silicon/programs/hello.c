/* What a C library does at start-up and for printf, malloc, qsort and strings. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

int main(int argc, char **argv) {
  double *values = malloc(40 * sizeof *values);
  char text[64] = "";
  for (int i = 0; i < 40; i++) values[i] = (double)((i * 7919) % 41) / 3 - argc;
  qsort(values, 40, sizeof *values, ascending);
  for (int i = 0; i < 5; i++) snprintf(text + strlen(text), 16, "%.2f ", values[i * 8]);
  printf("Hello from %s: %s, %d, %Lg, %e, %s\n", strrchr(argv[0], '/') + 1, text,
         atoi("1234") + (int)strtol("-77", 0, 10), strtold("2.718281828459045", 0),
         strtod("6.02214076e23", 0), strstr("a needle here", "needle"));
  free(values);
  return 7;
}
