// Looks at a running HAProxy, changes it, and explains it: see docs/hitlessctl.md.
#include "hitless/ctl/ctl.hpp"

#include <csignal>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const int code =
            hitless::ctl::run({argv + 1, argv + argc}, HITLESS_VERSION, std::cout, std::cerr);
        std::cout.flush();
        return code;
    } catch (const std::exception& error) {
        std::cerr << "hitlessctl: " << error.what() << '\n';
        return 1;
    }
}
