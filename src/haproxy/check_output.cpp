#include "hitless/haproxy/check_output.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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
void read_server(std::string_view line, const Config& config, Lines& found) {
    std::string_view server = name_after(line, "server ");
    std::string_view backend = name_after(line, "backend ");
    if (const std::size_t slash = server.find('/'); slash != std::string_view::npos) {
        backend = server.substr(0, slash);
        server.remove_prefix(slash + 1);
    }
    const Section* const section = config.find_backend(backend);
    const ServerLine* const known = section != nullptr ? section->find_server(server) : nullptr;
    const std::size_t level = line.find("config :");
    if (known != nullptr)
        found.emplace(known->number,
                      say(level == std::string_view::npos ? line : line.substr(level + 8)));
}

} // namespace

std::map<int, std::string> refused_lines(std::string_view output, std::string_view file,
                                         const Config& config) {
    Lines found;
    while (!output.empty()) {
        const std::size_t real = output.find('\n');
        const std::size_t written = output.find("\\n");
        const std::size_t end = std::min({real, written, output.size()});
        const std::string_view line = output.substr(0, end);
        if (line.find("[ALERT]") != std::string_view::npos && !read_place(line, file, found))
            read_server(line, config, found);
        output.remove_prefix(std::min(output.size(), end + (written < real ? 2 : 1)));
    }
    return found;
}

} // namespace hitless::haproxy
