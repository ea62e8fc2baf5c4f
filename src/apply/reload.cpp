#include "hitless/apply/reload.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/commands.hpp"
#include "hitless/haproxy/runtime_client.hpp"

#include "base/file_descriptor.hpp"
#include "base/note_format.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <unistd.h>
#include <utility>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::minutes longest_command{1};
constexpr std::chrono::seconds longest_start{15};
constexpr std::chrono::milliseconds between_looks{10};
constexpr std::size_t most_of_an_answer = 2'000;

/// The process that answers on a new connection, unless it is on its way out.
asio::awaitable<std::optional<haproxy::Info>> listening_process(const std::string& socket) {
    haproxy::RuntimeClient client(co_await asio::this_coro::executor, socket);
    const auto answer = co_await client.run("show info");
    if (!answer)
        co_return std::nullopt;
    auto info = haproxy::parse_info(*answer);
    if (!info || info->stopping)
        co_return std::nullopt;
    co_return std::move(*info);
}

/// Waits until another process answers at its socket.
asio::awaitable<bool> is_replaced(const Process& old, std::chrono::steady_clock::time_point limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const auto now = co_await listening_process(old.socket);
        if (now && !old.info.is_same_process(*now))
            co_return true;
        if (std::chrono::steady_clock::now() > limit)
            co_return false;
        timer.expires_after(between_looks);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

/// Without process numbers, "(123)", which differ at each try.
std::string without_numbers(std::string_view words) {
    std::string text;
    while (!words.empty()) {
        const std::size_t end = words.find_first_not_of("0123456789", 1);
        if (words.front() == '(' && end != std::string_view::npos && end > 1 && words[end] == ')') {
            text = base::trim(text);
            words.remove_prefix(end + 1);
            continue;
        }
        text += words.front();
        words.remove_prefix(1);
    }
    return text;
}

/// What HAProxy or a command has written, on one line: HAProxy's alerts, or everything where there
/// are none.
std::string in_a_line(std::string_view text) {
    const bool has_alerts = text.find("[ALERT]") != std::string_view::npos;
    std::string line;
    for (const std::string_view part : base::split(text, '\n')) {
        const std::string_view words = base::trim(part);
        if (words.empty() || words == "--" || words.starts_with("Success=") ||
            (has_alerts && !words.starts_with("[ALERT]")))
            continue;
        line += line.empty() ? "" : " | ";
        line += without_numbers(words);
    }
    return base::printable(line, most_of_an_answer);
}

/// The master's `reload` answers "Success=1" when the new worker runs, "Success=0" when there is
/// none, and what the new process has written; before 2.7 the connection just ends
/// (management.txt, "reload"). Returns these words.
asio::awaitable<Result<std::string>> reload_through(const std::string& master) {
    std::vector<haproxy::Command> commands(1, haproxy::Command("reload"));
    const auto answer = co_await haproxy::ask_once(master, std::move(commands), longest_command);
    if (!answer)
        co_return fail("can't reload through the master CLI: {}", answer.error().message);
    std::string words = in_a_line(*answer);
    if (answer->find("Success=0") != std::string::npos)
        co_return fail("HAProxy could not load the file, says its master at {}: {}", master,
                       words.empty() ? "no reason given; see HAProxy's own log" : words);
    co_return words;
}

/// The old process goes on though the reload was said to have worked.
Error not_replaced(const Process& process, const std::string& how, const std::string& words) {
    return fail("{}, but {} s later the old process (pid {}) still answers at {}. Either "
                "it reloads another HAProxy, or HAProxy could not load the file. {}",
                how, longest_start.count(), process.info.pid, process.socket,
                words.empty() ? "It said nothing; see HAProxy's own log"
                              : fmt::format("It said: {}", words));
}

plan::Cause noted(std::string_view words, bool since_before) {
    return {plan::Cause::Kind::noted, base::printable(words, most_of_an_answer), since_before};
}

/// Of many obstacles some tell enough.
std::string to_lines(const plan::Obstacles& obstacles) {
    constexpr std::size_t most_objects = 100;
    std::string lines = nlohmann::json{{base::note_format_name, base::note_format}}.dump() + '\n';
    std::size_t count = 0;
    for (const auto& [object, causes] : obstacles.by_object()) {
        if (++count > most_objects)
            break;
        for (const plan::Cause& cause : causes) {
            const nlohmann::json line = {
                {"object", to_string(object.kind)},
                {"scope", object.scope},
                {"name", object.name},
                {"cause", to_string(cause.kind)},
                {"detail", base::printable(cause.detail, most_of_an_answer)}};
            lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
        }
    }
    return lines;
}

/// A line of a note. One that isn't as to_lines() writes them, as those of older versions, is told
/// as it is.
void add_line(std::string_view line, bool since_before, plan::Obstacles& obstacles) {
    if (line.empty())
        return;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object() && json.contains(base::note_format_name))
        return; // a newer one has lines that are told as they are
    const auto text = [&](const char* key) {
        const bool is_there = json.is_object() && json.contains(key) && json[key].is_string();
        return is_there ? json[key].get<std::string>() : std::string();
    };
    const auto kind = plan::to_object_kind(text("object"));
    const auto cause = plan::to_cause_kind(text("cause"));
    if (!kind || !cause)
        obstacles.add({}, noted(line, since_before));
    else
        obstacles.add({*kind, text("scope"), text("name")}, {*cause, text("detail"), since_before});
}

} // namespace

ReloadNote::ReloadNote(const std::string& dest)
    : path_(base::companion_path(dest, "reload-owed")) {}

// A line for each cause. A note that can't be read still means that a reload is owed.
Result<void> ReloadNote::set(const plan::Obstacles& obstacles) const {
    const bool is_new = !is_set();
    const auto file = base::open_note(path_, O_TRUNC);
    if (!file)
        return file.error();
    const std::string text = to_lines(obstacles);
    if (::write(file->get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return base::system_error("can't write " + path_);
    if (is_new && ::fsync(file->get()) != 0)
        return base::system_error("can't write " + path_);
    return {};
}

Result<void> ReloadNote::clear() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
        return base::system_error("can't remove " + path_);
    return {};
}

bool ReloadNote::is_set() const {
    return ::access(path_.c_str(), F_OK) == 0;
}

plan::Obstacles ReloadNote::read(bool since_before) const {
    plan::Obstacles obstacles;
    const auto text = base::read_note(path_, base::most_of_note);
    if (text && *text) {
        for (const std::string_view line : base::split(**text, '\n'))
            add_line(line, since_before, obstacles);
    }
    return obstacles;
}

plan::Obstacles ReloadNote::obstacles() const {
    if (!is_set())
        return {};
    plan::Obstacles obstacles = read(true);
    if (obstacles.empty())
        obstacles.add({}, noted("a reload was owed when the last run ended", true));
    return obstacles;
}

std::vector<std::string> ReloadNote::reasons(std::size_t most) const {
    return in_words(read(false), most);
}

Result<void> ReloadNote::expect_no_newer_build() const {
    const auto text = base::read_note(path_, base::most_of_note);
    if (!text || !*text)
        return {};
    const std::string_view first = std::string_view(**text).substr(0, (*text)->find('\n'));
    const auto json = nlohmann::json::parse(first, nullptr, false);
    if (!json.is_object())
        return {}; // as older builds wrote it
    if (const auto known = base::expect_no_newer_build(base::note_format_of(json)); !known)
        return fail("{}: {}", path_, known.error().message);
    return {};
}

asio::awaitable<std::vector<std::string>> ask_environment(std::string socket,
                                                          std::set<std::string> names) {
    haproxy::RuntimeClient client(co_await asio::this_coro::executor, std::move(socket));
    std::vector<haproxy::Command> commands;
    commands.reserve(names.size());
    for (const std::string& name : names)
        commands.push_back("show env " + name);
    std::vector<std::string> found;
    auto answers = co_await client.run(std::move(commands));
    if (!answers)
        co_return found;
    auto name = names.begin();
    for (std::string& answer : *answers) {
        if (answer.starts_with(*name++ + "="))
            found.push_back(std::move(answer));
    }
    co_return found;
}

asio::awaitable<Result<void>> reload(const confd::Resource& resource, std::string master,
                                     std::vector<Process> old,
                                     std::vector<std::string> environment) {
    // No conditional expression: GCC 12 destroys what it awaits twice.
    auto done = Result<std::string>(std::string());
    if (master.empty())
        done = co_await confd::reload(resource, longest_command, std::move(environment));
    else
        done = co_await reload_through(master);
    if (!done)
        co_return done.error();
    const auto limit = std::chrono::steady_clock::now() + longest_start;
    for (const Process& process : old) {
        if (!co_await is_replaced(process, limit))
            co_return not_replaced(
                process,
                master.empty() ? fmt::format("reload_cmd ({}) succeeded", resource.reload_cmd)
                               : fmt::format("the master at {} took the command", master),
                in_a_line(*done));
    }
    co_return Result<void>{};
}

} // namespace hitless::apply
