#include "ctl/terminal.hpp"

#include "support/wait_until.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace hitless::test {
namespace {

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word)
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
        text.replace(at, from.size(), to);
    return text;
}

} // namespace

Terminal::Terminal(std::string script, int columns, int rows) {
    script = replaced(std::move(script), "@DIR@", directory_.path().string());
    // In the foreground, so that it can't outlive the test.
    server_.emplace(
        std::vector<std::string>{"tmux", "-D", "-u", "-f", "/dev/null", "-S", directory_ / "tmux"},
        directory_ / "tmux.log", std::vector<std::string>{"LC_ALL=C.UTF-8", "TERM=xterm-256color"});
    const auto listens = [&] { return std::filesystem::exists(directory_ / "tmux"); };
    if (!wait_until(listens))
        throw std::runtime_error("tmux doesn't start: " + server_->log());
    static_cast<void>(tmux({"new-session", "-d", "-x", std::to_string(columns), "-y",
                            std::to_string(rows), "sh", "-c", script}));
}

Terminal::~Terminal() {
    static_cast<void>(tmux({"kill-server"}));
    static_cast<void>(server_->wait_exit());
}

std::string Terminal::tmux(const std::vector<std::string>& words) const {
    std::string command = "LC_ALL=C.UTF-8 tmux -u -S " + quoted(directory_ / "tmux");
    for (const std::string& word : words)
        command += " " + quoted(word);
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("can't run " + command);
    std::string output;
    char buffer[4'096];
    for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        output.append(buffer, size);
    ::pclose(pipe);
    return output;
}

std::string Terminal::screen() const {
    return tmux({"capture-pane", "-p"});
}

bool Terminal::shows(const std::string& text) const {
    return wait_until([&] { return screen().find(text) != std::string::npos; });
}

bool Terminal::hides(const std::string& text) const {
    return wait_until([&] { return screen().find(text) == std::string::npos; });
}

void Terminal::press(const std::vector<std::string>& keys) const {
    std::vector<std::string> words{"send-keys"};
    words.insert(words.end(), keys.begin(), keys.end());
    static_cast<void>(tmux(words));
}

void Terminal::type(const std::string& text) const {
    static_cast<void>(tmux({"send-keys", "-l", text}));
}

void Terminal::resize(int columns, int rows) const {
    static_cast<void>(
        tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)}));
}

bool Terminal::is_full_screen() const {
    return tmux({"display-message", "-p", "#{alternate_on}"}).starts_with("1");
}

std::string watched(const std::string& command) {
    return "trap : INT; stty -a > @DIR@/before; sh -c 'echo $$ > @DIR@/pid; exec \"$@\"' sh " +
           command + "; echo status $?; stty -a > @DIR@/after; echo finished; exec cat";
}

} // namespace hitless::test
