#include "ctl/shell_line.hpp"

#include "ctl/shell_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace hitless::ctl {
namespace {

constexpr int ending_signals[] = {SIGTERM, SIGHUP, SIGQUIT};
constexpr int other_signals[] = {SIGINT, SIGWINCH, SIGTSTP};
constexpr std::size_t listed_unasked = 100;

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
    : complete_(std::move(complete)), history_(std::move(history_file)) {
    sigset_t handled = set_of(ending_signals);
    for (const int signal : other_signals)
        ::sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, &mask_before_);
    const sigset_t ending = set_of(ending_signals);
    ::sigprocmask(SIG_UNBLOCK, &ending, nullptr);
    signals_ = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);

    std::setlocale(LC_CTYPE, "");
    edit_.reset(::el_init("hitlessctl", stdin, stdout, stderr));
    ::el_set(edit_.get(), EL_CLIENTDATA, this);
    ::el_set(edit_.get(), EL_PROMPT, show_prompt);
    ::el_set(edit_.get(), EL_GETCFN, read_character);
    history_.serve(edit_.get());
    bind_keys();
}

LineReader::~LineReader() {
    edit_.reset();
    ::close(signals_);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

/// The usual keys of a shell, which the user's ~/.editrc may change; but Tab always completes.
void LineReader::bind_keys() {
    EditLine* const edit = edit_.get();
    ::el_set(edit, EL_EDITOR, "emacs");
    constexpr std::pair<const char*, const char*> keys[] = {
        {"^R", "em-inc-search-prev"},  {"^U", "vi-kill-line-prev"},
        {"^W", "ed-delete-prev-word"}, {"\\e[1~", "ed-move-to-beg"},
        {"\\e[4~", "ed-move-to-end"},  {"\\e[7~", "ed-move-to-beg"},
        {"\\e[8~", "ed-move-to-end"},  {"\\e[H", "ed-move-to-beg"},
        {"\\e[F", "ed-move-to-end"},   {"\\e[3~", "ed-delete-next-char"},
        {"\\e[1;5C", "em-next-word"},  {"\\e[1;5D", "ed-prev-word"},
    };
    for (const auto& [key, function] : keys)
        ::el_set(edit, EL_BIND, key, function, nullptr);
    ::el_source(edit, nullptr);
    // In wide characters: libedit copies narrow ones, and never frees them.
    ::el_wset(edit, EL_ADDFN, L"complete-command", L"Complete the word", complete_word);
    ::el_set(edit, EL_BIND, "^I", "complete-command", nullptr);
}

std::optional<std::string> LineReader::read(const std::string& prompt) {
    const Postponement postponement;
    prompt_ = prompt;
    completed_.clear();
    do {
        dropped_ = false;
        int length = 0;
        const char* const text = ::el_gets(edit_.get(), &length);
        if (text == nullptr || length <= 0)
            continue;
        std::string line(text, static_cast<std::size_t>(length));
        while (line.ends_with('\n') || line.ends_with('\r'))
            line.pop_back();
        history_.remember(line);
        return line;
    } while (dropped_);
    return std::nullopt;
}

LineReader& LineReader::of(EditLine* edit) {
    void* reader = nullptr;
    ::el_get(edit, EL_CLIENTDATA, &reader);
    return *static_cast<LineReader*>(reader);
}

char* LineReader::show_prompt(EditLine* edit) {
    return of(edit).prompt_.data();
}

/// 1 with the next character, 0 at the end of input, -1 after a signal that ends the line.
int LineReader::read_character(EditLine* edit, wchar_t* character) {
    LineReader& reader = of(edit);
    while (reader.wait_for_input()) {
        char byte = 0;
        if (::read(STDIN_FILENO, &byte, 1) != 1)
            return 0;
        const std::size_t used = std::mbrtowc(character, &byte, 1, &reader.partial_);
        if (used <= 1)
            return 1;
        if (used == static_cast<std::size_t>(-1))
            reader.partial_ = {}; // no character begins so: the byte is left out
    }
    return -1;
}

/// False when a signal ends the line, or the shell.
bool LineReader::wait_for_input() {
    while (signal_ == 0 && !dropped_) {
        pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0)
            continue;
        if (ready[1].revents != 0)
            mind_signal();
        else if ((ready[0].revents & POLLIN) != 0)
            return true;
        else if (ready[0].revents != 0)
            signal_ = SIGHUP;
    }
    return false;
}

void LineReader::mind_signal() {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return;
    switch (info.ssi_signo) {
    case SIGINT:
        std::fputs("^C", stdout);
        leave_line();
        dropped_ = true;
        break;
    case SIGWINCH:
        ::el_resize(edit_.get());
        break;
    case SIGTSTP:
        suspend();
        break;
    default:
        signal_ = static_cast<int>(info.ssi_signo);
    }
}

void LineReader::suspend() {
    ::el_set(edit_.get(), EL_PREP_TERM, 0);
    ::raise(SIGSTOP);
    ::el_set(edit_.get(), EL_PREP_TERM, 1);
    ::el_set(edit_.get(), EL_REFRESH);
}

unsigned char LineReader::complete_word(EditLine* edit, int /*key*/) {
    return of(edit).complete();
}

/// Adds what all possible words have in common; a second Tab lists them.
unsigned char LineReader::complete() {
    const LineInfo* const line = ::el_line(edit_.get());
    const std::string before(line->buffer, line->cursor);
    const auto found = complete_(before);
    if (found.empty() || signal_ != 0)
        return CC_ERROR;
    const std::string word = before.substr(before.find_last_of(" \t;") + 1);
    const std::string start = common_start(found);
    std::string added = start.starts_with(word) ? start.substr(word.size()) : "";
    if (found.size() == 1 && !start.ends_with('/'))
        added += ' ';
    if (added.empty() && std::exchange(completed_, before) == before)
        return list(found);
    completed_ = before + added;
    if (!added.empty() && ::el_insertstr(edit_.get(), added.c_str()) != 0)
        return CC_ERROR;
    return found.size() == 1 ? CC_REFRESH : CC_REFRESH_BEEP;
}

unsigned char LineReader::list(const std::vector<std::string>& found) {
    leave_line();
    bool wanted = true;
    if (found.size() > listed_unasked) {
        std::fputs(fmt::format("Show all {} words? (y or n) ", found.size()).c_str(), stdout);
        std::fflush(stdout);
        wchar_t answer = 0;
        if (read_character(edit_.get(), &answer) != 1)
            return CC_EOF;
        wanted = answer == 'y' || answer == 'Y' || answer == ' ' || answer == '\t';
        std::fputc('\n', stdout);
    }
    if (wanted)
        std::fputs(in_columns(found, columns()).c_str(), stdout);
    ::el_set(edit_.get(), EL_REFRESH);
    return CC_NORM;
}

std::size_t LineReader::columns() const {
    int columns = 0;
    ::el_get(edit_.get(), EL_GETTC, "co", &columns, nullptr);
    return columns > 0 ? static_cast<std::size_t>(columns) : 80;
}

/// To the row below the line, which may have several.
void LineReader::leave_line() {
    const LineInfo* const line = ::el_line(edit_.get());
    const auto row = [&](const char* place) {
        return (prompt_.size() + static_cast<std::size_t>(place - line->buffer)) / columns();
    };
    std::fputs(std::string(row(line->lastchar) - row(line->cursor) + 1, '\n').c_str(), stdout);
    std::fflush(stdout);
}

} // namespace hitless::ctl
