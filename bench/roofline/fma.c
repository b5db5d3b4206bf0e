// One core's fp32 multiply-add rate in GFLOP/s: 12 independent chains in registers, nothing from memory.
// gcc -O3 -march=native -ffp-contract=fast
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define CHAINS 12

typedef float lanes __attribute__((vector_size(BYTES)));

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

int main(void) {
  const long steps = 20000000;
  double best = 0;
  for (int round = 0; round < 5; round++) {
    lanes chain[CHAINS], factor, summand;
    for (int lane = 0; lane < BYTES / 4; lane++) factor[lane] = 0.999f, summand[lane] = 0.001f;
    for (int i = 0; i < CHAINS; i++) chain[i] = summand * (float)i;
    const double begin = seconds();
    for (long step = 0; step < steps; step++) {
#pragma GCC unroll 12
      for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + summand;
    }
    const double rate = 2.0 * CHAINS * (BYTES / 4) * steps / (seconds() - begin) / 1e9;
    if (rate > best) best = rate;
    // The sum keeps the compiler from leaving the loop out.
    volatile float sink = 0;
    for (int i = 0; i < CHAINS; i++) sink += chain[i][0];
  }
  printf("%.2f\n", best);
  return 0;
}
