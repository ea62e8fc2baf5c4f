#include "ctl/top_screen.hpp"

#include <unistd.h>

// A file of its own: the last of these headers makes macros of many words.
#include <curses.h>
#include <term.h>

namespace hitless::ctl {

bool is_known_terminal() {
    int problem = 0;
    if (::setupterm(nullptr, STDOUT_FILENO, &problem) != OK)
        return false;
    ::del_curterm(cur_term);
    return true;
}

} // namespace hitless::ctl
