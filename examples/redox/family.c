/*
 * A tracee with relatives: a child, which has a child, and each waits for its
 * own. The grandchild's status is 3, the child's one less, and so on.
 */
#include "process.h"

static int generation(int depth) {
    if (depth == 3)
        return 3;
    long pid = fork();
    if (pid == 0)
        exit(generation(depth + 1));
    long status = wait_for(pid, 0);
    print(STDOUT, "generation %d: %ld\n", depth, status >> 8 & 0xff);
    return (int)(status >> 8 & 0xff) - 1;
}

int main(void) {
    return generation(1);
}
