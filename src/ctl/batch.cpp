#include "ctl/batch.hpp"

#include "ctl/shell_words.hpp"

namespace hitless::ctl {
namespace {

std::string read_payload(const NextLine& next_line) {
    std::string payload;
    while (auto line = next_line()) {
        if (line->ends_with('\r')) // of a file from elsewhere; HAProxy drops it as well
            line->pop_back();
        if (line->empty())
            break;
        payload += *line + '\n';
    }
    return payload;
}

} // namespace

std::vector<haproxy::Command> read_batch(std::string_view line, const NextLine& next_line) {
    std::vector<haproxy::Command> commands;
    for (std::string& text : split_batch(line))
        commands.emplace_back(std::move(text));
    if (!commands.empty() && commands.back().line.ends_with("<<"))
        commands.back().payload = read_payload(next_line);
    return commands;
}

} // namespace hitless::ctl
