#include "hitless/haproxy/check_output.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/words.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace hitless::haproxy {
namespace {

using Lines = std::map<int, std::string>;

std::string say(std::string_view what) {
    const std::size_t begin = what.find_first_not_of(" :,");
    return fmt::format("haproxy -c refuses it: {}",
                       begin == std::string_view::npos ? what : base::trim(what.substr(begin)));
}

/// "[FILE:12] : what is wrong". False when the place isn't there.
bool read_place(std::string_view line, std::string_view file, Lines& found) {
    const std::string begin = fmt::format("[{}:", file);
    const std::size_t place = line.find(begin);
    if (place == std::string_view::npos)
        return false;
    line.remove_prefix(place + begin.size());
    int number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ']')
        return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
    found.emplace(number, say(line));
    return true;
}

/// Without "[ALERT] (123) : config :".
std::string_view without_level(std::string_view line) {
    constexpr std::string_view level = "config :";
    const std::size_t at = line.find(level);
    return at == std::string_view::npos ? line : line.substr(at + level.size());
}

/// The name behind `word`, in quotes or not.
std::string_view name_after(std::string_view line, std::string_view word) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos)
        return {};
    std::string_view name = line.substr(at + word.size());
    if (name.starts_with('\''))
        name.remove_prefix(1);
    return name.substr(0, name.find_first_of("' :,"));
}

/// A server that is named, without a place.
bool read_server(std::string_view line, const Config& config, Lines& found) {
    std::string_view server = name_after(line, "server ");
    std::string_view backend = name_after(line, "backend ");
    if (backend.empty())
        backend = name_after(line, "proxy ");
    if (const std::size_t slash = server.find('/'); slash != std::string_view::npos) {
        backend = server.substr(0, slash);
        server.remove_prefix(slash + 1);
    }
    const ServerLine* const known = config.find_server(backend, server);
    if (known != nullptr)
        found.emplace(known->number, say(without_level(line)));
    return known != nullptr;
}

/// Lines with a word that the message has in quotes. The last such word is tried first: it is what
/// the message is about, as in "Proxy 'f': unable to find required use_backend: 'app'".
void read_words(std::string_view line, const Config& config, Lines& found) {
    std::string_view rest = without_level(line);
    std::vector<std::string_view> quoted;
    for (std::size_t begin = rest.find('\''); begin != std::string_view::npos;) {
        const std::size_t end = rest.find('\'', begin + 1);
        if (end == std::string_view::npos)
            break;
        quoted.push_back(rest.substr(begin + 1, end - begin - 1));
        begin = rest.find('\'', end + 1);
    }
    for (auto word = quoted.rbegin(); word != quoted.rend(); ++word) {
        const std::size_t before = found.size();
        for (const Section& section : config.sections()) {
            for (const Line& one : section.settings) {
                const auto words = split_words(one.text);
                if (words && std::ranges::find(*words, *word) != words->end())
                    found.emplace(one.number, say(without_level(line)));
            }
        }
        if (found.size() > before)
            return;
    }
}

/// The number of a process in "[ALERT]    (1234) : …", with the blanks before it; 0: no such text.
std::size_t process_number(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos || text[begin] != '(')
        return 0;
    const std::size_t end = text.find_first_not_of("0123456789", begin + 1);
    const bool is_number = end != std::string_view::npos && end > begin + 1 && text[end] == ')';
    return is_number ? end + 1 : 0;
}

std::string without_process_numbers(std::string_view text) {
    std::string kept;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(']'), text.size() - 1) + 1;
        kept += text.substr(0, end);
        text.remove_prefix(end);
        for (const std::string_view level : {"[ALERT]", "[WARNING]", "[NOTICE]"}) {
            if (kept.ends_with(level))
                text.remove_prefix(process_number(text));
        }
    }
    return kept;
}

std::string_view name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

} // namespace

std::string as_told(std::string_view output, std::string_view file, std::string_view dest) {
    std::string text = without_process_numbers(output);
    if (file.empty())
        return text;
    boost::replace_all(text, file, dest);
    boost::replace_all(text, name_of(file), name_of(dest));
    return text;
}

std::map<int, std::string> refused_lines(std::string_view output, std::string_view file,
                                         const Config& config) {
    Lines found;
    while (!output.empty()) {
        const std::size_t real = output.find('\n');
        const std::size_t written = output.find("\\n");
        const std::size_t end = std::min({real, written, output.size()});
        const std::string_view line = output.substr(0, end);
        const bool is_alert = line.find("[ALERT]") != std::string_view::npos;
        if (is_alert && !read_place(line, file, found) && !read_server(line, config, found))
            read_words(line, config, found);
        output.remove_prefix(std::min(output.size(), end + (written < real ? 2 : 1)));
    }
    return found;
}

std::string_view unresolved_name(std::string_view message) {
    // The last ones are those of the options `addr`, `source`, `socks4` and `agent-addr`.
    constexpr std::array<std::string_view, 3> begins = {
        "could not resolve address '", "invalid address: '", "agent-addr failed. Check if '"};
    for (const std::string_view begin : begins) {
        const std::size_t at = message.find(begin);
        if (at == std::string_view::npos)
            continue;
        const std::string_view name = message.substr(at + begin.size());
        const std::size_t end = name.find('\'');
        const auto address =
            parse_address(end == std::string_view::npos ? "" : name.substr(0, end));
        return address && address->kind == Address::Kind::name ? name.substr(0, end)
                                                               : std::string_view();
    }
    return {};
}

} // namespace hitless::haproxy
