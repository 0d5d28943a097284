/* The Mandelbrot set on SSE2, two points at a time. */
#include <emmintrin.h>

#include "bench.h"

enum { ITERATIONS = 200 };

/* Iterations until each of two points has left the circle of radius 2, added up. */
static int escape(__m128d cx, double cy) {
    const __m128d y0 = _mm_set1_pd(cy), limit = _mm_set1_pd(4);
    __m128d x = cx, y = y0;
    int count = 0;
    for (int i = 0; i < ITERATIONS; i++) {
        __m128d xx = _mm_mul_pd(x, x), yy = _mm_mul_pd(y, y), xy = _mm_mul_pd(x, y);
        int inside = _mm_movemask_pd(_mm_cmple_pd(_mm_add_pd(xx, yy), limit));
        if (inside == 0)
            break;
        count += (inside & 1) + (inside >> 1);
        x = _mm_add_pd(_mm_sub_pd(xx, yy), cx);
        y = _mm_add_pd(_mm_add_pd(xy, xy), y0);
    }
    return count;
}

static uint64_t work(long size) {
    uint64_t sum = 0;
    for (long row = 0; row < size; row++) {
        double y = 2.0 * (double)row / (double)size - 1;
        for (long column = 0; column < size; column += 2) {
            __m128d columns = _mm_set_pd((double)(column + 1), (double)column);
            __m128d x = _mm_div_pd(_mm_mul_pd(columns, _mm_set1_pd(3)), _mm_set1_pd((double)size));
            sum = sum * 3 + (uint64_t)escape(_mm_sub_pd(x, _mm_set1_pd(2)), y);
        }
    }
    return sum;
}
