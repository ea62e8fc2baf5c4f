#include "hitless/haproxy/check_output.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hitless::haproxy {
namespace {

void read_alert(std::string_view line, std::string_view file, std::map<int, std::string>& found) {
    if (line.find("[ALERT]") == std::string_view::npos)
        return;
    const std::string begin = fmt::format("[{}:", file);
    const std::size_t place = line.find(begin);
    if (place == std::string_view::npos)
        return;
    line.remove_prefix(place + begin.size());
    int number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ']')
        return;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
    const std::size_t text = line.find_first_not_of(" :,");
    const std::string_view what =
        text == std::string_view::npos ? std::string_view() : base::trim(line.substr(text));
    found.emplace(number, fmt::format("haproxy -c refuses the line: {}", what));
}

} // namespace

std::map<int, std::string> refused_lines(std::string_view output, std::string_view file) {
    std::map<int, std::string> found;
    while (!output.empty()) {
        const std::size_t real = output.find('\n');
        const std::size_t written = output.find("\\n");
        const std::size_t end = std::min({real, written, output.size()});
        read_alert(output.substr(0, end), file, found);
        output.remove_prefix(std::min(output.size(), end + (written < real ? 2 : 1)));
    }
    return found;
}

} // namespace hitless::haproxy
