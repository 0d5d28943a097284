/* Bodies that attract one another, moved in small steps; double precision. */
#include <math.h>

#include "bench.h"

enum { BODIES = 5 };

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static void advance(struct body *bodies, double step) {
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            struct body *a = &bodies[i], *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double pull = step / (square * sqrt(square));
            a->vx -= dx * b->mass * pull;
            a->vy -= dy * b->mass * pull;
            a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull;
            b->vy += dy * a->mass * pull;
            b->vz += dz * a->mass * pull;
        }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].x += step * bodies[i].vx;
        bodies[i].y += step * bodies[i].vy;
        bodies[i].z += step * bodies[i].vz;
    }
}

static uint64_t work(long steps) {
    /* one heavy body at rest and others on circles around it, each in its own plane */
    struct body bodies[BODIES] = {{.mass = 40}};
    for (int i = 1; i < BODIES; i++) {
        double radius = 3.0 * i, speed = sqrt(40 / radius);
        bodies[i] = (struct body){
            .x = radius, .vy = speed * 0.8, .vz = speed * 0.6 / i, .mass = 0.01 * i};
    }
    double sum = 0;
    for (long i = 0; i < steps; i++)
        advance(bodies, 0.001);
    for (int i = 0; i < BODIES; i++)
        sum += bodies[i].x + 2 * bodies[i].y + 3 * bodies[i].z;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits;
}
