#pragma once

#include "hitless/base/result.hpp"

#include "ctl/options.hpp"
#include "ctl/wanted.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the hitlessd that keeps a configuration file tells of it, for `explain` and `diff`: it
/// knows what it is about to do, which nobody else can find out.
namespace hitless::ctl {

struct Context;

struct KeeperTold {
    std::string address; ///< of its -http
    nlohmann::ordered_json status;
    nlohmann::ordered_json resource; ///< of the file

    /// The HAProxy with that process; null: hitlessd doesn't know it.
    [[nodiscard]] const nlohmann::ordered_json& haproxy(long pid) const;
    /// A server of that HAProxy; null: hitlessd doesn't know it.
    [[nodiscard]] const nlohmann::ordered_json& server(long pid, std::string_view backend,
                                                       std::string_view name) const;
    /// What is said of it: "hitlessd", "remarks" and the last "changes" of the server. `otherwise`:
    /// the remark where hitlessd has none; may be empty.
    [[nodiscard]] nlohmann::ordered_json of_server(long pid, const std::string& backend,
                                                   const std::string& name,
                                                   const std::string& otherwise) const;
    /// The servers of that HAProxy that have this member, as rows of a table, with that action.
    [[nodiscard]] std::vector<nlohmann::ordered_json> rows(long pid, const char* member,
                                                           const char* action) const;
};

/// Asks at -http; without the flag, at the addresses that hitlessd has noted beside the file. So it
/// is found wherever it listens, and nobody is asked where it listens nowhere. nullopt: it can't be
/// asked there, or doesn't keep this file. An Error: the same of the address of the flag.
Result<std::optional<KeeperTold>> ask_keeper(const Options& options, const std::string& dest);

/// What hitlessd tells over HTTP, while it holds its notes: whether it reloads HAProxy now; and to
/// a user who may not read its own note of its troubles, these.
void take_told(Wanted& wanted, const KeeperTold& told);

/// HAProxy doesn't answer: complains of what keeps hitlessd from following the keys, what is held
/// and left out, and a reload that is owed, as far as that is known without HAProxy.
void complain_of_keeper(const Context& context);

/// The flag -http of `explain` and `diff`.
[[nodiscard]] base::Flag keeper_flag(Options& options);

} // namespace hitless::ctl
