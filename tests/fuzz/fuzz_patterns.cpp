#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/pattern_file.hpp"

#include "live/pattern_difference.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

/// Takes the input for two map files, with a NUL between them: the one that HAProxy has, and the
/// one that it is to have.
namespace {

using namespace hitless;
using haproxy::PatternEntries;
using haproxy::PatternEntry;

constexpr auto map = haproxy::FileUse::Kind::map;

void expect(bool holds) {
    if (!holds)
        std::abort();
}

/// What HAProxy makes of the lines of `add map FILE <<`.
PatternEntries from_payload(std::string_view payload) {
    PatternEntries entries;
    while (!payload.empty()) {
        const std::size_t key = payload.find_first_of(" \t"); // which may be in another line
        expect(key != std::string_view::npos);
        const std::size_t value = std::min(payload.find_first_not_of(" \t", key), payload.size());
        const std::size_t end = std::min(payload.find('\n', value), payload.size());
        entries.push_back(
            {std::string(payload.substr(0, key)), std::string(payload.substr(value, end - value))});
        payload.remove_prefix(std::min(end + 1, payload.size()));
    }
    return entries;
}

/// A transaction brings exactly these entries, or is refused as a whole.
void fill(const PatternEntries& entries) {
    std::string payload;
    for (const PatternEntry& entry : entries) {
        const auto line = haproxy::command::map_line(entry);
        if (!line)
            return;
        payload += *line;
    }
    expect(from_payload(payload) == entries);
    expect(payload.size() > 15'000 ||
           haproxy::to_wire(haproxy::Command::with_payload("add map @1 f <<", payload)));
}

/// So do single commands, where they are allowed.
void change(PatternEntries entries, const PatternEntries& wanted) {
    const live::PatternDifference difference =
        live::compare_patterns(haproxy::EntryList(entries), haproxy::EntryList(wanted));
    expect((difference.size() > 0 || difference.is_doubled || !difference.keeps_order) ||
           entries == wanted);
    if (difference.is_doubled || !difference.keeps_order)
        return;
    for (const PatternEntry& entry : difference.added)
        entries.push_back(entry);
    for (const PatternEntry& set : difference.set) {
        for (PatternEntry& entry : entries)
            if (entry.key == set.key)
                entry.value = set.value;
    }
    for (const std::string& key : difference.gone)
        std::erase_if(entries, [&](const PatternEntry& entry) { return entry.key == key; });
    expect(entries == wanted);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const std::size_t middle = std::min(text.find('\0'), text.size());
    const PatternEntries before = read_pattern_file(map, text.substr(0, middle));
    const PatternEntries after =
        read_pattern_file(map, text.substr(std::min(middle + 1, text.size())));
    fill(after);
    change(before, after);
    (void)haproxy::parse_pattern_lists(text);
    (void)haproxy::parse_pattern_entries(map, text);
    return 0;
}
