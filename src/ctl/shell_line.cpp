#include "ctl/shell_line.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;

constexpr int history_lines = 1'000;
constexpr int ending_signals[] = {SIGTERM, SIGHUP, SIGQUIT};
constexpr int other_signals[] = {SIGINT, SIGWINCH, SIGTSTP};

LineReader* reader = nullptr; // readline's callbacks know no other way
std::vector<std::string> candidates;

char* next_candidate(const char* /*text*/, int state) {
    static std::size_t next = 0;
    if (state == 0)
        next = 0;
    return next < candidates.size() ? ::strdup(candidates[next++].c_str()) : nullptr;
}

/// Readable to its owner only: what is typed may be no one else's business.
bool make_private(const std::string& file) {
    std::error_code error;
    const fs::path folder = fs::path(file).parent_path();
    if (fs::create_directories(folder, error))
        fs::permissions(folder, fs::perms::owner_all, error);
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made >= 0)
        ::close(made);
    return made >= 0;
}

} // namespace

namespace {

template <class Signals>
sigset_t set_of(const Signals& signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals)
        ::sigaddset(&set, signal);
    return set;
}

/// While it lives, signals that end the shell wait to be read. Otherwise they end it at once: while
/// HAProxy is waited for, the terminal is as it was.
class Postponement {
  public:
    Postponement() { ::sigprocmask(SIG_BLOCK, &set_, nullptr); }
    ~Postponement() { ::sigprocmask(SIG_UNBLOCK, &set_, nullptr); }
    Postponement(const Postponement&) = delete;
    Postponement& operator=(const Postponement&) = delete;

  private:
    const sigset_t set_ = set_of(ending_signals);
};

} // namespace

LineReader::LineReader(std::string history_file, Complete complete)
    : history_file_(std::move(history_file)), complete_(std::move(complete)) {
    sigset_t handled = set_of(ending_signals);
    for (const int signal : other_signals)
        ::sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, &mask_before_);
    const sigset_t ending = set_of(ending_signals);
    ::sigprocmask(SIG_UNBLOCK, &ending, nullptr);
    signals_ = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    reader = this;

    rl_readline_name = "hitlessctl";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_attempted_completion_function = complete_word;
    rl_completer_word_break_characters = " \t;";
    ::using_history();
    ::stifle_history(history_lines);
    if (!history_file_.empty() && !make_private(history_file_))
        history_file_.clear();
    if (!history_file_.empty())
        ::read_history(history_file_.c_str());
}

LineReader::~LineReader() {
    if (!history_file_.empty())
        ::history_truncate_file(history_file_.c_str(), history_lines);
    ::rl_clear_history();
    reader = nullptr;
    ::close(signals_);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

std::optional<std::string> LineReader::read(const std::string& prompt) {
    const Postponement postponement;
    finished_ = false;
    line_.reset();
    ::rl_callback_handler_install(prompt.c_str(), take_line);
    while (!finished_ && signal_ == 0) {
        pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0)
            continue;
        if (ready[1].revents != 0)
            mind_signal();
        else if ((ready[0].revents & POLLIN) != 0)
            ::rl_callback_read_char();
        else if (ready[0].revents != 0)
            signal_ = SIGHUP;
    }
    if (!finished_)
        ::rl_callback_handler_remove();
    if (line_)
        remember(*line_);
    return std::exchange(line_, std::nullopt);
}

/// Readline calls it with the line, or with null at the end of input.
void LineReader::take_line(char* line) {
    ::rl_callback_handler_remove(); // the answer is printed on a terminal as it was
    reader->finished_ = true;
    if (line == nullptr)
        return;
    reader->line_ = line;
    std::free(line);
}

char** LineReader::complete_word(const char* text, int /*start*/, int end) {
    rl_attempted_completion_over = 1; // no file names
    candidates = reader->complete_(std::string(rl_line_buffer, static_cast<std::size_t>(end)));
    const bool unfinished = candidates.size() == 1 && candidates.front().ends_with('/');
    rl_completion_append_character = unfinished ? 0 : ' ';
    return ::rl_completion_matches(text, next_candidate);
}

void LineReader::mind_signal() {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return;
    switch (info.ssi_signo) {
    case SIGINT:
        std::fputs("^C\n", rl_outstream);
        ::rl_callback_sigcleanup();
        ::rl_replace_line("", 1);
        ::rl_on_new_line();
        ::rl_redisplay();
        break;
    case SIGWINCH:
        ::rl_resize_terminal();
        break;
    case SIGTSTP:
        suspend();
        break;
    default:
        signal_ = static_cast<int>(info.ssi_signo);
    }
}

void LineReader::suspend() {
    ::rl_deprep_terminal();
    ::raise(SIGSTOP);
    ::rl_prep_terminal(1);
    ::rl_forced_update_display();
}

/// A line that begins with a blank is not kept, as in bash.
void LineReader::remember(const std::string& line) {
    const HIST_ENTRY* const last =
        history_length > 0 ? ::history_get(history_base + history_length - 1) : nullptr;
    if (line.find_first_not_of(" \t") != 0 || (last != nullptr && line == last->line))
        return;
    ::add_history(line.c_str());
    if (!history_file_.empty())
        ::append_history(1, history_file_.c_str());
}

std::string usual_history_file() {
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/')
        return std::string(state) + "/hitlessctl/history";
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home == '/')
        return std::string(home) + "/.local/state/hitlessctl/history";
    return {};
}

} // namespace hitless::ctl
