#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/uses.hpp"

#include "ctl/commands.hpp"
#include "ctl/kept_file.hpp"
#include "ctl/patterns.hpp"
#include "ctl/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>
#include <variant>

/// `certs`: the certificates that HAProxy has.
namespace hitless::ctl {
namespace {

using haproxy::Certificate;
using haproxy::FileUse;
using haproxy::ShownCertificate;
using Json = nlohmann::ordered_json;

/// What is known beside HAProxy's words.
struct KnownUses {
    long pid = 0;
    std::string config_file; ///< its path
    std::vector<FileUse> uses;
};

KnownUses find_uses(const Context& context, long pid) {
    KnownUses known{pid, {}, {}};
    if (const auto file = find_config(context.options, pid)) {
        known.config_file = file->path;
        known.uses =
            haproxy::file_uses(file->config.text(), haproxy::own_environment(), file->path);
    }
    return known;
}

/// Where the configuration names a file.
struct Places {
    std::string lines; ///< empty: in a list or a directory of certificates, or nowhere
    std::string path;  ///< the file for us; empty: it isn't known
};

Places places_of(const KnownUses& known, const std::string& file) {
    Places places{{}, path_for_haproxy(file, known.pid)};
    for (const FileUse& use : known.uses) {
        if (use.kind != FileUse::Kind::certificate || use.name != file)
            continue;
        places.lines += fmt::format("{}{}:{}", places.lines.empty() ? "" : " ",
                                    base::base_name(known.config_file), use.line);
        places.path = path_for_haproxy(use.path, known.pid);
    }
    return places;
}

/// Whether HAProxy has what is on disk.
std::string compare_with_disk(const std::string& path, const ShownCertificate& shown) {
    if (path.empty())
        return "it isn't known where the file is";
    const auto text = base::read_if_present(path);
    if (!text)
        return text.error().message;
    if (!*text)
        return "there is no such file any more";
    const auto read = haproxy::read_certificate(**text);
    if (const auto* const flaw = std::get_if<haproxy::PemFlaw>(&read))
        return fmt::format("can't be used: {}", flaw->what);
    return haproxy::may_be(shown, std::get<Certificate>(read)) ? "the same" : "differs";
}

/// A row of the table, and whether all is well with it.
struct Described {
    Json row;
    bool is_well = true;
};

Described describe(const std::string& file, const ShownCertificate& shown, const Places& places,
                   int most_days) {
    const auto end = haproxy::end_of(shown);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::optional<long> days;
    if (end) // downwards, so that one that has ended has less than 0
        days = std::chrono::floor<std::chrono::days>(*end - now).count();
    const std::string on_disk = compare_with_disk(places.path, shown);
    Described described;
    described.is_well = on_disk == "the same" && (!days || *days >= most_days);
    described.row = {{"file", file},
                     {"names", shown.names},
                     {"days", days ? Json(*days) : Json()},
                     {"ends", end ? Json(haproxy::day_of(*end)) : Json()},
                     {"used", !shown.is_used         ? Json("no")
                              : places.lines.empty() ? Json("by a list or a directory")
                                                     : Json(places.lines)},
                     {"on_disk", on_disk},
                     {"subject", shown.subject},
                     {"fingerprint", shown.fingerprint}};
    return described;
}

/// Says what keeps the certificates from being what the keys make; false: something does.
bool tell_of_keepers(const Context& context, const std::set<std::string>& paths) {
    bool is_well = true;
    for (const std::string& path : paths) {
        const KeptFile kept = find_kept_file(path, true);
        is_well = is_well && kept.is_as_wanted();
        for (const std::string& trouble : kept.all_troubles())
            context.complain(fmt::format("trouble: {}", base::printable(trouble, 1'000)));
        for (const std::string& left_out : kept.left_out)
            context.complain(fmt::format("left out: {}", base::printable(left_out, 1'000)));
    }
    return is_well;
}

/// By its name in the configuration, or the end of its path.
bool is_meant(const std::vector<std::string>& operands, const std::string& file) {
    return operands.empty() || std::ranges::any_of(operands, [&](const std::string& operand) {
               return file == operand || file.ends_with("/" + operand);
           });
}

} // namespace

std::vector<base::Flag> certs_flags(Options& options) {
    return {base::text_flag("sort", "COLUMN",
                            "sort by this column, named as in -json; -COLUMN sorts the other way",
                            options.sort),
            base::number_flag("days", "N",
                              "a certificate that ends within so many days is a difference "
                              "(default 14)",
                              0, 36'500, options.days)};
}

ExitCode show_certs(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const auto info = channel->info();
    const auto answer = channel->run("show ssl cert");
    if (!info || !answer)
        return context.complain((info ? answer.error() : info.error()).message, unreachable);
    if (const auto refused = haproxy::command::refusal("show ssl cert", *answer))
        return context.complain(fmt::format("HAProxy tells nothing of certificates: {}", *refused));
    const KnownUses known = find_uses(context, info->pid);
    Table table;
    table.columns = {{"file", "FILE"},
                     {"names", "NAMES", Column::Kind::text, 1},
                     {"days", "DAYS", Column::Kind::number},
                     {"ends", "ENDS", Column::Kind::text, 2},
                     {"used", "USED BY", Column::Kind::text, 1},
                     {"on_disk", "ON DISK"}};
    ExitCode code = done;
    std::set<std::string> paths;
    for (const std::string& file : haproxy::parse_certificate_list(*answer).files) {
        const auto line = haproxy::command::show_certificate(file);
        if (!line || !is_meant(context.operands, file))
            continue;
        const auto told = channel->run(*line);
        if (!told)
            return context.complain(told.error().message, unreachable);
        const auto shown = haproxy::parse_shown_certificate(*told);
        if (!shown)
            return context.complain(shown.error().message);
        const Places places = places_of(known, file);
        paths.insert(places.path);
        Described described = describe(file, *shown, places, context.options.days);
        if (!described.is_well)
            code = differs;
        table.rows.push_back(std::move(described.row));
    }
    if (table.rows.empty() && !context.operands.empty())
        return context.complain(
            fmt::format("HAProxy has no certificate {}", base::printable(context.operands.front())),
            nothing);
    const ExitCode printed = context.print(std::move(table));
    if (!tell_of_keepers(context, paths))
        code = differs;
    return printed == done ? code : printed;
}

} // namespace hitless::ctl
