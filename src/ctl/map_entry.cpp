#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include "ctl/kept_file.hpp"
#include "ctl/made_of.hpp"
#include "ctl/map_values.hpp"
#include "ctl/patterns.hpp"
#include "ctl/wanted_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace hitless::ctl {
namespace {

using haproxy::FileUse;
using haproxy::PatternEntry;
using Json = nlohmann::ordered_json;

/// What HAProxy says that a text leads to.
struct Match {
    bool is_there = false;
    std::string key;
    std::string value;
};

/// The text in quotes behind `name`, up to the last quote before `end`.
std::string quoted(std::string_view answer, std::string_view name, std::string_view end) {
    const std::string begin = fmt::format("{}=\"", name);
    const std::size_t at = answer.find(begin);
    if (at == std::string_view::npos)
        return {};
    const std::string_view rest = answer.substr(at + begin.size());
    return std::string(rest.substr(0, std::min(rest.find(end), rest.rfind('"'))));
}

Match parse_match(std::string_view answer) {
    Match match;
    match.is_there = answer.find("match=yes") != std::string_view::npos ||
                     answer.find("found=yes") != std::string_view::npos;
    match.key =
        quoted(answer, answer.find("pattern=\"") != std::string_view::npos ? "pattern" : "key",
               "\", value=\"");
    match.value = quoted(answer, "value", "\", type=\"");
    return match;
}

/// The lines of the file that an entry may come from, by their numbers.
Json lines_of(const PatternsOfHaproxy& patterns, const std::string& key) {
    Json lines = Json::array();
    const auto text = base::read_if_present(patterns.path);
    if (patterns.path.empty() || !text || !*text)
        return lines;
    int number = 0;
    for (const std::string_view line : base::split(**text, '\n')) {
        ++number;
        for (const PatternEntry& entry : haproxy::read_pattern_file(patterns.kind, line)) {
            if (entry.key == key)
                lines.push_back(
                    {{"line", number},
                     {"text", std::string(line)},
                     {"value", patterns.kind == FileUse::Kind::map ? Json(entry.value) : Json()},
                     {"sources", Json::array()}});
        }
    }
    return lines;
}

void add_sources(Json& lines, const MadeOf& made_of) {
    for (Json& line : lines) {
        for (const apply::OriginLine& origin : made_of.lines) {
            if (origin.number == line["line"].get<int>() && origin.text == line["text"])
                line["sources"] = origin.sources();
        }
    }
}

/// Why HAProxy hasn't what is on disk, and whether it leads to a backend.
void add_values(Json& entry, const PatternsOfHaproxy& patterns, const Match& match,
                const MapValues& values) {
    entry["waits"] = Json();
    entry["leads_nowhere"] = Json();
    std::vector<std::string> found;
    if (match.is_there)
        found.push_back(match.value);
    for (const Json& line : entry["lines"]) {
        if (!line["value"].is_string())
            continue;
        found.push_back(line["value"].get<std::string>());
        const auto waits = values.why_it_waits(found.back());
        if (waits && (!match.is_there || match.value != found.back())) {
            entry["waits"] = fmt::format("{}: {}", *waits, values.when);
            for (const std::string& trouble : values.troubles)
                entry["troubles"].push_back(trouble);
        }
    }
    for (const std::string& value : found) {
        if (const auto nowhere = values.why_it_leads_nowhere(patterns, value))
            entry["leads_nowhere"] = *nowhere;
    }
}

void print_entry(Context& context, const Json& entry) {
    const auto row = [&](std::string_view name, const std::string& text) {
        context.out << fmt::format("{:<9} {}\n", name, base::printable(text, 2'000));
    };
    const auto text = [](const Json& json) { return json.get<std::string>(); };
    row("file", fmt::format("{} ({})", text(entry["file"]), text(entry["kind"])));
    row("asked", text(entry["asked"]));
    if (entry["match"].is_null())
        row("HAProxy", "finds nothing for it");
    else if (entry["kind"] == "map")
        row("HAProxy", fmt::format("finds {}, whose value is {}", text(entry["match"]["key"]),
                                   text(entry["match"]["value"])));
    else
        row("HAProxy", fmt::format("finds {}", text(entry["match"]["key"])));
    if (entry["lines"].empty())
        row("on disk", "no line has it");
    for (const Json& line : entry["lines"]) {
        row("on disk", fmt::format("line {}: {}", line["line"].get<int>(), text(line["text"])));
        for (const Json& source : line["sources"])
            row("from", text(source));
    }
    for (const char* const name : {"waits", "leads_nowhere", "file_follows"}) {
        if (entry[name].is_string())
            row(name == std::string_view("waits")           ? "waits"
                : name == std::string_view("leads_nowhere") ? "backend"
                                                            : "file",
                text(entry[name]));
    }
    if (entry.contains("resource"))
        row("made by",
            fmt::format("{}, from {}", text(entry["resource"]), text(entry["template"])));
    else
        row("made by", text(entry["not_known"]));
    for (const char* const name : {"troubles", "left_out"}) {
        for (const Json& one : entry[name])
            row(name == std::string_view("troubles") ? "trouble" : "left out", text(one));
    }
}

} // namespace

ExitCode show_map_entry(Context& context, Channel& channel, const PatternsOfHaproxy& patterns,
                        const std::string& asked) {
    const auto line = haproxy::command::line(
        {"get", std::string(word_of(patterns.kind)), patterns.list.file, asked});
    if (!line)
        return context.complain(line.error().message, usage);
    const auto answer = channel.run(*line);
    if (!answer)
        return context.complain(answer.error().message);
    const Match match = parse_match(*answer);
    Json entry = {{"file", patterns.list.file}, {"kind", word_of(patterns.kind)}, {"asked", asked}};
    entry["match"] = match.is_there ? Json{{"key", match.key}, {"value", match.value}} : Json();
    entry["lines"] = lines_of(patterns, match.is_there ? match.key : asked);
    const LookAtTemplate look = look_at_template(patterns.path);
    if (const auto& made_of = look.made_of) {
        add_sources(entry["lines"], *made_of);
        entry["resource"] = made_of->resource.file;
        entry["template"] = made_of->resource.src;
    } else {
        entry["not_known"] = look.made_of.error().message;
    }
    const KeptFile kept = find_kept_file(patterns.path, look);
    entry["kept_by"] = kept.kept_by();
    entry["troubles"] = kept.all_troubles();
    entry["left_out"] = kept.left_out;
    add_values(entry, patterns, match, find_map_values(context, channel));
    const auto checked =
        kept.keeper == Keeper::hitlessd ? being_checked(patterns.path) : std::nullopt;
    entry["file_follows"] = checked ? Json(*checked) : Json();
    if (context.options.json)
        context.out << json_text(entry);
    else
        print_entry(context, entry);
    if (!match.is_there)
        return entry["lines"].empty() && kept.is_as_wanted() ? nothing : differs;
    if (!kept.is_as_wanted() || entry["leads_nowhere"].is_string())
        return differs;
    const auto& lines = entry["lines"];
    const bool is_on_disk =
        !lines.empty() && (patterns.kind != FileUse::Kind::map || lines[0]["value"] == match.value);
    return is_on_disk ? done : differs;
}

} // namespace hitless::ctl
