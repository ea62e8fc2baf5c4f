#include "registry/environment.hpp"

#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <locale>
#include <string>
#include <unistd.h>

namespace hitless::registry {

std::vector<keys::Entry> read_environment(std::string_view root) {
    std::vector<keys::Entry> entries;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos)
            continue;
        std::string key = '/' + std::string(text.substr(0, equals));
        boost::algorithm::to_lower(key, std::locale::classic());
        std::ranges::replace(key, '_', '/');
        key = keys::clean(key);
        if (keys::is_within(key, root))
            entries.push_back({std::move(key), std::string(text.substr(equals + 1))});
    }
    return entries;
}

} // namespace hitless::registry
