#include "ctl/kept_file.hpp"

#include "hitless/apply/status_note.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/live/files.hpp"

#include "ctl/made_of.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace hitless::ctl {

std::string KeptFile::kept_by() const {
    switch (keeper) {
    case Keeper::none:
        return "nobody";
    case Keeper::stopped:
        return "hitlessd, which does not run";
    case Keeper::hitlessd:
        return "hitlessd";
    case Keeper::unknown:
        break;
    }
    return "not known";
}

std::string about_file(const std::string& path, const std::string& message) {
    return message.find(path) != std::string::npos ? message : fmt::format("{}: {}", path, message);
}

std::vector<std::string> KeptFile::all_troubles() const {
    std::vector<std::string> all;
    if (keeper == Keeper::stopped)
        all.push_back(fmt::format("hitlessd does not run; changes of keys since it ended are not "
                                  "in {}",
                                  path));
    all.insert(all.end(), troubles.begin(), troubles.end());
    return all;
}

namespace {

/// `look`: tells what is wrong with the template; nullptr: it is not to be looked at.
KeptFile find_file(const std::string& path,
                   const std::function<std::optional<std::string>()>& look) {
    KeptFile kept{path, path.empty() ? Keeper::none : keeper_of(path), {}, {}};
    if (kept.keeper == Keeper::none)
        return kept;
    bool is_rendered = true;
    if (const auto status = apply::read_status(path)) {
        for (const apply::StatusNote::Trouble& trouble : status->troubles) {
            kept.troubles.push_back(trouble.message);
            is_rendered = is_rendered && trouble.source != apply::keys_trouble;
        }
        for (const apply::SpoiltPtr& spoilt : status->left_out)
            kept.left_out.push_back(spoilt->message);
    } else {
        kept.troubles.push_back(status.error().message);
    }
    if (!is_rendered || !look)
        return kept;
    if (auto trouble = look())
        kept.troubles.push_back(std::move(*trouble));
    return kept;
}

} // namespace

KeptFile find_kept_file(const std::string& path, bool has_secrets) {
    return has_secrets ? find_file(path, nullptr)
                       : find_file(path, [&] { return look_at_template(path).trouble; });
}

KeptFile find_kept_file(const std::string& path, const LookAtTemplate& look) {
    return find_file(path, [&] { return look.trouble; });
}

std::vector<KeptFile> find_kept_files(const haproxy::Config& config,
                                      const std::string& config_file) {
    std::map<std::string, bool> paths; // and whether there are secrets in them
    for (const haproxy::FileUse& use :
         haproxy::file_uses(config.text(), haproxy::own_environment(), config_file)) {
        if (const auto kind = live::object_kind(use.kind))
            paths[use.path] |= kind == plan::ObjectId::Kind::certificate;
    }
    std::vector<KeptFile> all;
    for (const auto& [path, has_secrets] : paths) {
        KeptFile kept = find_kept_file(path, has_secrets);
        if (kept.keeper != Keeper::none)
            all.push_back(std::move(kept));
    }
    return all;
}

} // namespace hitless::ctl
