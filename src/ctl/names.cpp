#include "ctl/names.hpp"

#include "hitless/haproxy/stat.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace hitless::ctl {

ProxyNames ask_names(Channel& channel) {
    using Kind = haproxy::StatRow::Kind;
    ProxyNames names;
    const auto answer = channel.run("show stat -1 6 -1"); // backends and servers
    if (!answer)
        return names;
    const auto rows = haproxy::parse_stat(*answer);
    if (!rows)
        return names;
    for (const haproxy::StatRow& row : *rows) {
        if (!is_plain_name(row.proxy()) || !is_plain_name(row.name()))
            continue;
        if (row.kind() == Kind::backend)
            names.backends.push_back(row.proxy());
        else if (row.kind() == Kind::server)
            names.servers.push_back(row.proxy() + "/" + row.name());
    }
    return names;
}

namespace {

/// How many letters have to be put in, taken out, changed or changed about with the next one.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(other.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t(0));
    for (std::size_t i = 1; i <= one.size(); ++i) {
        std::vector<std::size_t> row(other.size() + 1, i);
        for (std::size_t j = 1; j <= other.size(); ++j) {
            const std::size_t change = one[i - 1] == other[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            const bool is_swap =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if (is_swap)
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::exchange(last, std::move(row));
    }
    return last.back();
}

std::string listed(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

} // namespace

std::vector<std::string> near_names(const std::vector<std::string>& names, std::string_view typed) {
    constexpr std::size_t most = 3;
    constexpr std::size_t longest = 200;
    if (typed.size() > longest)
        return {};
    const std::size_t farthest = std::max<std::size_t>(1, typed.size() / 4);
    std::vector<std::pair<std::size_t, std::string>> found;
    for (const std::string& name : names) {
        if (name.size() > longest || name.size() > typed.size() + farthest ||
            typed.size() > name.size() + farthest)
            continue;
        if (const std::size_t far = distance(typed, name); far <= farthest)
            found.emplace_back(far, name);
    }
    std::ranges::sort(found);
    std::vector<std::string> near;
    for (std::size_t i = 0; i < std::min(most, found.size()); ++i)
        near.push_back(std::move(found[i].second));
    return near;
}

std::string hint_of_name(const ProxyNames& names, const std::string& typed) {
    const auto is_backend = [&](std::string_view name) {
        return std::ranges::find(names.backends, name) != names.backends.end();
    };
    const std::size_t slash = typed.find('/');
    const std::string backend = typed.substr(0, slash);
    if (is_backend(backend)) {
        const auto near = near_names(names.servers, typed);
        return fmt::format("{}`hitlessctl servers {}` lists the servers of this backend",
                           near.empty() ? "" : fmt::format("is it {}? ", listed(near)), backend);
    }
    std::vector<std::string> of_that_name;
    if (slash == std::string::npos) {
        for (const std::string& server : names.servers) {
            if (server.ends_with("/" + typed) && of_that_name.size() < 3)
                of_that_name.push_back(server);
        }
    }
    if (!of_that_name.empty())
        return fmt::format("name the server with its backend, as {}", listed(of_that_name));
    auto near = slash == std::string::npos ? near_names(names.backends, typed)
                                           : near_names(names.servers, typed);
    if (near.empty())
        near = near_names(names.backends, backend);
    return fmt::format("{}`hitlessctl backends` lists the backends, `hitlessctl servers` the "
                       "servers",
                       near.empty() ? "" : fmt::format("is it {}? ", listed(near)));
}

} // namespace hitless::ctl
