/*
 * What a program may rely on that uses PTRACE_TRACEME, one question at a time:
 * `traceme QUESTION` prints what it finds, and the same on every Linux.
 * `relibc-ptrace traceme` asks them all of four ways to build it on Redox.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHORT 20000 /* microseconds in which another process gets somewhere */

static char *self;

static void say(const char *what, const char *found) {
    printf("%s: %s\n", what, found);
    fflush(stdout);
}

static const char *error(long result) {
    if (result >= 0)
        return "works";
    return errno == ESRCH   ? "ESRCH"
           : errno == EPERM ? "EPERM"
           : errno == EEXIST ? "EEXIST"
           : errno == ECHILD ? "ECHILD"
           : errno == EIO   ? "EIO"
                            : strerror(errno);
}

static const char *state(pid_t result, int status) {
    static char text[64];
    if (result < 0)
        return error(result);
    if (result == 0)
        return "nothing yet";
    if (WIFEXITED(status))
        snprintf(text, sizeof text, "exited with %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "ended by signal %d", WTERMSIG(status));
    else if (WIFSTOPPED(status))
        snprintf(text, sizeof text, "stopped by signal %d", WSTOPSIG(status));
    else
        snprintf(text, sizeof text, "status %x", status);
    return text;
}

static const char *wait_for(pid_t pid, int options) {
    int status = 0;
    pid_t result = waitpid(pid, &status, options);
    return state(result, status);
}

/* Only whether it is stopped: by which signal, another question asks. */
static const char *stop_of(pid_t pid, int options) {
    int status = 0;
    pid_t result = waitpid(pid, &status, options);
    return result > 0 && WIFSTOPPED(status) ? "stopped" : state(result, status);
}

static long registers(pid_t pid) {
    struct user_regs_struct regs;
    return ptrace(PTRACE_GETREGS, pid, NULL, &regs);
}

static void marked(void) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        say("TRACEME", error(-1));
    raise(SIGSTOP);
}

/*
 * A child that its parent waits for before it marks itself, and with WUNTRACED: so that the other
 * questions do not fail for the reasons of the first two. Linux needs neither.
 */
static pid_t tracee(void) {
    pid_t pid = fork();
    if (pid == 0) {
        usleep(SHORT);
        marked();
        getppid();
        getppid();
        _exit(7);
    }
    waitpid(pid, NULL, WUNTRACED);
    return pid;
}

static void before(void) {
    pid_t pid = fork();
    if (pid == 0) {
        marked();
        _exit(7);
    }
    usleep(SHORT);
    say("the child", stop_of(pid, 0));
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("then", wait_for(pid, 0));
}

static void during(void) {
    pid_t pid = fork();
    if (pid == 0) {
        usleep(SHORT);
        marked();
        _exit(7);
    }
    say("the child", stop_of(pid, 0));
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("then", wait_for(pid, 0));
}

static void untraced(void) {
    pid_t pid = fork(), waker;
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(7);
    }
    waker = fork();
    if (waker == 0) {
        usleep(SHORT);
        kill(pid, SIGCONT);
        _exit(0);
    }
    say("a child that is not traced", wait_for(pid, 0));
}

static void stranger(void) {
    pid_t pid = fork();
    if (pid == 0) {
        usleep(SHORT);
        _exit(7);
    }
    say("GETREGS of a child that never asked", error(registers(pid)));
    say("then", wait_for(pid, 0));
}

static void twice(void) {
    say("TRACEME", error(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
    say("TRACEME again", error(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
}

static void grandchild(void) {
    int pipes[2];
    pid_t pid, grandchild;
    if (pipe(pipes) < 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        grandchild = tracee();
        if (write(pipes[1], &grandchild, sizeof grandchild) < 0)
            _exit(1);
        usleep(5 * SHORT);
        say("GETREGS by its parent", error(registers(grandchild)));
        ptrace(PTRACE_CONT, grandchild, NULL, NULL);
        say("then", wait_for(grandchild, 0));
        _exit(0);
    }
    if (read(pipes[0], &grandchild, sizeof grandchild) < 0)
        exit(1);
    say("GETREGS by its grandparent", error(registers(grandchild)));
    waitpid(pid, NULL, 0);
}

static void tracer_fork(void) {
    pid_t pid = tracee(), child;
    say("GETREGS by the tracer", error(registers(pid)));
    child = fork();
    if (child == 0) {
        say("GETREGS by the tracer's child", error(registers(pid)));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("then", wait_for(pid, 0));
}

static void tracer_exec(void) {
    char text[16];
    pid_t pid = tracee();
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    waitpid(pid, NULL, 0);
    snprintf(text, sizeof text, "%d", (int)pid);
    execl(self, self, "after-exec", text, NULL);
    say("exec", error(-1));
}

static void after_exec(const char *text) {
    pid_t pid = atoi(text);
    usleep(SHORT);
    say("GETREGS after the tracer's exec", error(registers(pid)));
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("then", wait_for(pid, 0));
}

static void tracee_exec(void) {
    int i, status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        usleep(SHORT);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl(self, self, "stop", NULL);
        _exit(1);
    }
    for (i = 0; i < 3; i++) {
        if (waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
            break;
        if (WSTOPSIG(status) == SIGSTOP)
            break;
        ptrace(PTRACE_CONT, pid, NULL, NULL); /* the SIGTRAP of execve */
    }
    say("GETREGS after the tracee's exec", error(registers(pid)));
    kill(pid, SIGKILL);
    kill(pid, SIGCONT);
}

static void *other_thread(void *argument) {
    pid_t pid = *(pid_t *)argument;
    say("GETREGS by another thread", error(registers(pid)));
    say("waitpid by another thread", stop_of(pid, 0));
    return NULL;
}

static void threads(void) {
    pthread_t thread;
    pid_t pid = tracee();
    say("GETREGS by the tracer", error(registers(pid)));
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    pthread_create(&thread, NULL, other_thread, &pid);
    pthread_join(thread, NULL);
    kill(pid, SIGKILL);
}

static void outlived(void) {
    int pipes[2];
    char byte;
    pid_t pid;
    if (pipe(pipes) < 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        if (fork() == 0) {
            close(pipes[1]);
            if (read(pipes[0], &byte, 1) < 0)
                _exit(1);
            _exit(0);
        }
        _exit(7);
    }
    close(pipes[0]);
    usleep(SHORT);
    say("the child that marked itself", wait_for(pid, 0));
    say("GETREGS of what it was", error(registers(pid)));
    say("waitpid for it", wait_for(pid, 0));
}

static void any(void) {
    pid_t pid = tracee();
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    say("waitpid(-1)", stop_of(-1, 0));
    kill(pid, SIGKILL);
}

static void nohang(void) {
    pid_t pid = tracee();
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    usleep(SHORT);
    say("waitpid with WNOHANG", stop_of(pid, WNOHANG));
    kill(pid, SIGKILL);
}

static void reason(void) {
    pid_t pid = tracee();
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    say("at a system call", wait_for(pid, 0));
    kill(pid, SIGKILL);
}

static void hit(int signal) {
    say("the handler", signal == SIGUSR1 ? "runs" : "?");
}

static void signaled(void) {
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGUSR1, hit);
        usleep(SHORT);
        marked();
        raise(SIGUSR1);
        _exit(7);
    }
    waitpid(pid, NULL, WUNTRACED);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("a signal for the tracee", wait_for(pid, 0));
    ptrace(PTRACE_CONT, pid, NULL, NULL); /* without it */
    say("then", wait_for(pid, 0));
}

static void stop(void) {
    pid_t pid = fork();
    if (pid == 0) {
        usleep(SHORT);
        marked();
        raise(SIGSTOP);
        _exit(7);
    }
    waitpid(pid, NULL, WUNTRACED);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    say("a second SIGSTOP", wait_for(pid, 0));
    kill(pid, SIGKILL);
}

static void tracer_exit(void) {
    int pipes[2];
    char byte = 'x';
    pid_t pid;
    if (pipe(pipes) < 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        pid_t child = fork();
        if (child == 0) {
            usleep(SHORT);
            marked();
            if (write(pipes[1], &byte, 1) < 0)
                _exit(1);
            _exit(7);
        }
        waitpid(child, NULL, WUNTRACED);
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        waitpid(child, NULL, 0);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    close(pipes[1]);
    say("a tracee without its tracer", read(pipes[0], &byte, 1) == 1 ? "goes on" : "is gone");
}

static const struct {
    const char *name;
    void (*ask)(void);
} questions[] = {
    {"before", before},           {"during", during},
    {"untraced", untraced},       {"stranger", stranger},
    {"twice", twice},             {"grandchild", grandchild},
    {"tracer-fork", tracer_fork}, {"tracer-exec", tracer_exec},
    {"tracer-exit", tracer_exit}, {"tracee-exec", tracee_exec},
    {"outlived", outlived},       {"threads", threads},
    {"any", any},                 {"nohang", nohang},
    {"reason", reason},           {"signal", signaled},
    {"second-stop", stop},
};

int main(int argc, char **argv) {
    unsigned i;
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "after-exec") == 0)
        after_exec(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "stop") == 0)
        raise(SIGSTOP);
    else if (argc == 2) {
        for (i = 0; i < sizeof questions / sizeof *questions; i++)
            if (strcmp(argv[1], questions[i].name) == 0)
                questions[i].ask();
    } else {
        for (i = 0; i < sizeof questions / sizeof *questions; i++)
            puts(questions[i].name);
    }
    return 0;
}
