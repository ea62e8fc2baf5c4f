#include "ctl/managed.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/keys/keys_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace hitless::ctl {

std::string managed_hint(const ConfigFile& file, std::string_view server) {
    struct stat status {};
    if (::stat(base::companion_path(file.path, keys::dump_suffix).c_str(), &status) != 0)
        return {};
    const std::string hint = fmt::format(
        "hitlessd keeps {} in step with its keys: it will undo this within its -resync time",
        file.path);
    if (const auto kept = read_kept_keys(file)) {
        const auto entry = std::ranges::find_if(kept->entries, [&](const keys::Entry& one) {
            return base::base_name(one.key) == server;
        });
        if (entry != kept->entries.end())
            return fmt::format("{}; change key {} instead, which is '{}'", hint,
                               base::printable(entry->key), base::printable(entry->value));
    }
    return hint + "; change the server's key instead";
}

void remind_of_manager(const Context& context, Channel& channel, std::string_view server) {
    const auto info = channel.info();
    const auto file =
        info ? find_config(context.options, info->pid) : Result<ConfigFile>(info.error());
    const std::string hint = file ? managed_hint(*file, server) : std::string();
    if (!hint.empty())
        context.complain(hint);
}

std::optional<KeptKeys> read_kept_keys(const ConfigFile& file) {
    KeptKeys kept{base::companion_path(file.path, keys::dump_suffix), {}};
    const auto text = base::read_file(kept.path);
    if (!text)
        return std::nullopt;
    auto entries = keys::parse_keys(*text, kept.path);
    if (!entries)
        return std::nullopt;
    kept.entries = std::move(*entries);
    return kept;
}

} // namespace hitless::ctl
