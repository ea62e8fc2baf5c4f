// Runs a command as the process that orphans among its descendants are given to, as process 1 is.
#include <cstdio>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char** arguments) {
    if (count > 1 && ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
        ::execvp(arguments[1], arguments + 1);
    std::perror("subreaper");
    return 1;
}
