/*
 * What a C library asks of its kernel, by way of its functions. Built with musl
 * and with glibc; prints the same on Linux and on relibc.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int wait_for(pid_t pid) {
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status & ~0x80 : -errno; /* no core-dump bit */
}

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void computing(void) {
    int numbers[] = {5, 3, 9, 1, 7};
    qsort(numbers, 5, sizeof *numbers, ascending);
    for (int i = 0; i < 5; i++)
        printf("%d ", numbers[i]);
    putchar('\n');
    char *big = malloc(1000000);
    memset(big, 'x', 1000000);
    big = realloc(big, 3000000);
    printf("realloc %c%c\n", big[0], big[999999]);
    free(big);
    static jmp_buf place;
    volatile int rounds = 0;
    if (setjmp(place) < 3)
        longjmp(place, ++rounds);
    printf("longjmp %d\n", rounds);
}

static void files(void) {
    FILE *file = fopen("/tmp/libc-file", "w+");
    fprintf(file, "first %d\nsecond\n", 1);
    rewind(file);
    char line[64];
    while (fgets(line, sizeof line, file))
        printf("line %s", line);
    struct stat status;
    fstat(fileno(file), &status);
    printf("size %ld mode %o\n", (long)status.st_size, status.st_mode & S_IFMT);
    fclose(file);
    printf("missing %d", open("/tmp/libc-missing", O_RDONLY));
    printf(" %s\n", strerror(errno));
    printf("exclusive %d", open("/tmp/libc-file", O_CREAT | O_EXCL | O_WRONLY, 0600));
    printf(" %s\n", strerror(errno));
    mkdir("/tmp/libc-dir", 0700);
    rename("/tmp/libc-file", "/tmp/libc-dir/file");
    DIR *directory = opendir("/tmp/libc-dir");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            printf("entry %s\n", entry->d_name);
    closedir(directory);
    printf("rmdir %d", rmdir("/tmp/libc-dir"));
    printf(" %s\n", strerror(errno));
    printf("remove %d", remove("/tmp/libc-dir/file"));
    printf(" %d\n", rmdir("/tmp/libc-dir"));
    chdir("/tmp");
    printf("cwd %s\n", getcwd(line, sizeof line));
    file = fopen("/dev/urandom", "r");
    printf("random %d\n", fgetc(file) >= 0);
    fclose(file);
    printf("terminal %d\n", isatty(STDIN_FILENO));
}

static void processes(char **argv, char **envp) {
    int ends[2], status;
    char text[16] = "";
    pipe(ends);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        dup2(ends[1], STDOUT_FILENO);
        printf("from the child");
        exit(3);
    }
    close(ends[1]);
    printf("read %zd", read(ends[0], text, sizeof text));
    printf(" %.14s\n", text);
    printf("end %zd", read(ends[0], text, sizeof text));
    printf(" exit %04x\n", wait_for(pid));
    if ((pid = vfork()) == 0)
        _exit(9);
    printf("vfork %04x\n", wait_for(pid));
    if ((pid = fork()) == 0) {
        char *again[] = {argv[0], "again", NULL};
        execve("/proc/self/exe", again, envp);
        _exit(1);
    }
    printf("exec %04x\n", wait_for(pid));
    char program[256] = "";
    printf("link %d\n", readlink("/proc/self/exe", program, 255) > 0);
    FILE *script = fopen("/tmp/libc-script", "w");
    fprintf(script, "#!%s\nand more\n", program);
    fclose(script);
    for (int mode = 0600; mode <= 0700; mode += 0100) {
        chmod("/tmp/libc-script", mode);
        if ((pid = fork()) == 0) {
            char *args[] = {"/tmp/libc-script", NULL};
            execve(args[0], args, envp);
            _exit(126);
        }
        printf("script %04x\n", wait_for(pid));
    }
    unlink("/tmp/libc-script");
    if ((pid = fork()) == 0)
        abort();
    printf("abort %04x\n", wait_for(pid));
    if ((pid = fork()) == 0)
        for (;;)
            pause();
    kill(pid, SIGKILL);
    printf("kill %04x\n", wait_for(pid));
    printf("none %d", waitpid(pid, &status, 0));
    printf(" %s\n", strerror(errno));
}

static volatile sig_atomic_t handled;

static void handler(int signal) { handled += signal; }

static void signals(void) {
    struct sigaction old;
    sigset_t mask, found;
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    printf("handled %d\n", handled);
    sigaction(SIGUSR1, NULL, &old);
    printf("handler %d\n", old.sa_handler == handler);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    sigprocmask(SIG_SETMASK, NULL, &found);
    printf("mask %d %d\n", sigismember(&found, SIGUSR2), sigismember(&found, SIGUSR1));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t semaphore;
static int counter;

static void *count(void *times) {
    for (long i = 0; i < (long)times; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    sem_post(&semaphore);
    return times;
}

static void threads(void) {
    pthread_t all[3];
    void *result = NULL;
    sem_init(&semaphore, 0, 0);
    for (int i = 0; i < 3; i++)
        if (pthread_create(&all[i], NULL, count, (void *)1000) != 0)
            printf("no thread\n");
    for (int i = 0; i < 3; i++)
        sem_wait(&semaphore);
    for (int i = 0; i < 3; i++)
        pthread_join(all[i], &result);
    printf("counted %d result %ld\n", counter, (long)result);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    printf("timed %d", sem_timedwait(&semaphore, &until));
    printf(" %s\n", strerror(errno));
}

static void links_and_times(void) {
    const char *name = "/tmp/libc-link", *target = "/tmp/libc-target";
    unlink(name);
    char text[64] = "";
    printf("symlink %d %d", symlink(target, name), (int)readlink(name, text, sizeof text));
    printf(" %s\n", text);
    struct stat status;
    printf("lstat %d %d\n", lstat(name, &status), S_ISLNK(status.st_mode));
    close(open(target, O_WRONLY | O_CREAT, 0600));
    struct timespec times[2] = {{1000, 5}, {0, UTIME_OMIT}};
    utimensat(AT_FDCWD, name, times, 0);
    times[0].tv_nsec = UTIME_OMIT, times[1].tv_sec = 2000, times[1].tv_nsec = 0;
    int fd = open(target, O_WRONLY);
    futimens(fd, times);
    close(fd);
    stat(target, &status);
    printf("times %ld %ld\n", (long)status.st_atime, (long)status.st_mtime);
    struct timeval both[2] = {{3000, 0}, {4000, 0}};
    utimes(target, both);
    stat(target, &status);
    printf("times %ld %ld\n", (long)status.st_atime, (long)status.st_mtime);
    utimensat(AT_FDCWD, target, NULL, 0);
    stat(target, &status);
    printf("now %d\n", status.st_mtime > 1500000000);
    unlink(name);
    unlink(target);
    struct sockaddr address;
    socklen_t length = sizeof address;
    printf("getpeername %d", getpeername(open("/dev/null", O_RDONLY), &address, &length));
    printf(" %s\n", strerror(errno));
}

/* The shell of most hosts is linked dynamically, and run by posix_spawn. */
static void shells(void) {
    char line[64] = "";
    FILE *shell = popen("echo from a shell", "r");
    printf("popen %s", fgets(line, sizeof line, shell));
    printf("pclose %x", pclose(shell));
    printf(" system %x\n", system("exit 3"));
    char path[PATH_MAX];
    printf("realpath %s\n", realpath("/usr/../usr/./bin/..", path));
}

/* Input has ended: it can be read at once, however often and with whatever timeout. */
static void waiting(void) {
    for (int i = 0; i < 2; i++) {
        struct pollfd input = {0, POLLIN, 0};
        printf("poll %d", poll(&input, 1, i == 0 ? -1 : 1000));
        char byte;
        printf(" read %zd", read(0, &byte, 1));
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        struct timeval second = {1, 0};
        printf(" select %d\n", select(1, &set, NULL, NULL, &second));
    }
}

static void times(void) {
    struct timespec rest = {0, 1000000}, before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    printf("clock %d\n", before.tv_sec > 0 || before.tv_nsec > 0);
    printf("sleep %d\n", nanosleep(&rest, NULL));
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    printf("passed %d\n", passed >= 1000000);
    struct timeval now;
    gettimeofday(&now, NULL);
    printf("now %d\n", now.tv_sec > 1500000000 && time(NULL) - now.tv_sec < 2);
}

static void amounts(void) {
    struct statfs system;
    int result = statfs("/", &system);
    printf("statfs %d %ld %d\n", result, (long)system.f_bsize, system.f_bfree <= system.f_blocks);
    printf("statfs %d", statfs("/nowhere", &system));
    printf(" %d, fstatfs %d", errno == ENOENT, fstatfs(99, &system));
    printf(" %d\n", errno == EBADF);
    struct sysinfo info;
    result = sysinfo(&info);
    printf("sysinfo %d %d %d\n", result, info.totalram > 0, info.freeram <= info.totalram);
    printf("memory %d\n", sysconf(_SC_PHYS_PAGES) > 1000 && sysconf(_SC_AVPHYS_PAGES) > 0);
    printf("advice %d\n", posix_fadvise(0, 0, 0, POSIX_FADV_SEQUENTIAL) != ENOSYS);
}

int main(int argc, char **argv, char **envp) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        argv[1][0] ^= 0x20; /* arguments may be written to */
        printf("argument %s, variable %s\n", argv[1], getenv("VARIABLE"));
        return 5;
    }
    computing();
    files();
    processes(argv, envp);
    signals();
    links_and_times();
    shells();
    waiting();
    times();
    threads();
    amounts();
    return 7;
}
