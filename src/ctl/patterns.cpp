#include "ctl/patterns.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include "ctl/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace hitless::ctl {

using haproxy::FileUse;
using haproxy::PatternEntries;
using haproxy::PatternEntry;

std::string path_for_haproxy(const std::string& name, long pid) {
    const std::filesystem::path path = name;
    if (path.is_absolute())
        return path;
    std::error_code error;
    const auto directory = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid), error);
    return error ? std::string() : (directory / path).string();
}

namespace {

PatternsOfHaproxy describe(FileUse::Kind kind, const haproxy::PatternList& list,
                           const std::vector<FileUse>& uses, long pid) {
    PatternsOfHaproxy patterns{kind, list, path_for_haproxy(list.file, pid)};
    for (const FileUse& use : uses) {
        if (use.name != list.file)
            continue;
        patterns.path = path_for_haproxy(use.path, pid);
        patterns.in_order = patterns.in_order || use.in_order;
    }
    return patterns;
}

} // namespace

std::string_view word_of(FileUse::Kind kind) {
    return kind == FileUse::Kind::map ? "map" : "acl";
}

Result<std::vector<PatternsOfHaproxy>> find_patterns(const Context& context, Channel& channel) {
    const auto info = channel.info();
    if (!info)
        return info.error();
    std::vector<FileUse> uses;
    if (const auto file = find_config(context.options, info->pid))
        uses = haproxy::file_uses(file->config.text(), haproxy::own_environment(), file->path);
    std::vector<PatternsOfHaproxy> all;
    for (const FileUse::Kind kind : {FileUse::Kind::map, FileUse::Kind::acl}) {
        const auto answer = channel.run(fmt::format("show {}", word_of(kind)));
        if (!answer)
            return answer.error();
        const auto lists = haproxy::parse_pattern_lists(*answer);
        if (!lists)
            return lists.error();
        for (const haproxy::PatternList& list : *lists)
            all.push_back(describe(kind, list, uses, info->pid));
    }
    return all;
}

Result<PatternEntries> running_entries(Channel& channel, const PatternsOfHaproxy& patterns) {
    const auto line =
        haproxy::command::line({"show", std::string(word_of(patterns.kind)), patterns.list.file});
    if (!line)
        return line.error();
    const auto answer = channel.run(*line);
    if (!answer)
        return answer.error();
    return haproxy::parse_pattern_entries(patterns.kind, *answer);
}

Result<PatternEntries> entries_on_disk(const PatternsOfHaproxy& patterns) {
    if (patterns.path.empty())
        return fail("it isn't known where HAProxy has the file {} from",
                    base::printable(patterns.list.file));
    const auto text = base::read_if_present(patterns.path);
    if (!text)
        return text.error();
    if (!*text)
        return fail("there is no {} any more", patterns.path);
    return haproxy::read_pattern_file(patterns.kind, **text);
}

PatternEntries by_key(PatternEntries entries) {
    std::ranges::stable_sort(entries, {}, &PatternEntry::key);
    return entries;
}

bool is_same(const PatternsOfHaproxy& patterns, const PatternEntries& running,
             const PatternEntries& wanted) {
    return running == wanted || (!patterns.in_order && by_key(running) == by_key(wanted));
}

} // namespace hitless::ctl
