#include "ctl/managed.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/keys/keys_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>

namespace hitless::ctl {

std::string managed_hint(const ConfigFile& file, std::string_view server) {
    const std::string dump = base::companion_path(file.path, keys::dump_suffix);
    struct stat status {};
    if (::stat(dump.c_str(), &status) != 0)
        return {};
    std::string hint = fmt::format(
        "hitlessd keeps {} in step with its keys: it will undo this within its -resync time",
        file.path);
    const auto text = base::read_file(dump);
    const auto entries =
        text ? keys::parse_keys(*text, dump) : Result<std::vector<keys::Entry>>(text.error());
    if (!entries)
        return hint + "; change the server's key instead";
    const auto entry = std::ranges::find_if(
        *entries, [&](const keys::Entry& one) { return base::base_name(one.key) == server; });
    if (entry == entries->end())
        return hint + "; change the server's key instead";
    return fmt::format("{}; change key {} instead, which is '{}'", hint,
                       base::printable(entry->key), base::printable(entry->value));
}

} // namespace hitless::ctl
