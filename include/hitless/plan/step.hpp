#pragma once

#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/entry_list.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/object.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hitless::plan {

/// The order of a plan's steps. An object is made before others refer to it, and removed when none
/// does any more; and a backend never has fewer servers than it must. No kind uses prepare, fill or
/// publish today.
enum class Phase {
    prepare,  ///< make what takes no traffic yet
    create,   ///< make an object and let it take its part
    fill,     ///< add entries to tables, such as maps
    publish,  ///< let requests reach what was made
    change,   ///< change an object that stays
    withdraw, ///< send nothing new to an object; it is removed when its connections have ended
    remove,   ///< remove what nobody refers to any more
};

/// "create".
[[nodiscard]] std::string_view to_string(Phase phase);

/// What a step does to its object, for people: "add", "change", "remove".
[[nodiscard]] std::string_view verb(Phase phase);

/// What is known of a server when a step for it has succeeded.
struct ServerEffect {
    /// Newer versions (seen in 3.4) change an address a moment after they have said so; read back
    /// earlier, the server is at the old one. Where only HAProxy can tell its address (a port
    /// offset, say), `after.address` doesn't count.
    haproxy::RunningServer after;
    /// The spare server of the running HAProxy that has the server's place (plan/slots.hpp). The
    /// commands have its name, and `after` is about it. Empty: the server runs under its own name.
    std::string slot = {};
};

/// What is known of a limit when a step for it has succeeded.
struct LimitEffect {
    long after = 0; ///< connections
};

/// The same of a map file or an ACL file: what HAProxy has of it.
struct PatternEffect {
    std::shared_ptr<const haproxy::EntryList> after;
    std::string summary = {}; ///< for those who may not see the entries: "2 added, 1 gone"
};

/// The same of an `acl` line.
struct AclLineEffect {
    int line = 0; ///< of the text that HAProxy was started from
    std::vector<std::string> after;
    std::string summary = {}; ///< as in PatternEffect
};

/// The same of a certificate.
struct CertificateEffect {
    std::shared_ptr<const haproxy::Certificate> after;
};

/// Commands of which nobody sees anything until the step's own commands put them in force at once.
struct Transaction {
    /// HAProxy answers with the number of a new version, which the others have in place of
    /// haproxy::command::new_version.
    haproxy::Command begin;
    std::vector<haproxy::Command> fill;
    haproxy::Command abort; ///< where HAProxy has refused any of them
    /// For whoever can't read the number of the version: commands that lead to the same one after
    /// the other, so that requests may see a part of the change. Where the order doesn't count,
    /// what is new may stand behind the rest. None: there are no few such commands.
    std::vector<haproxy::Command> one_by_one = {};
};

/// What happens to one object.
struct Step {
    ObjectId object;
    Phase phase = Phase::create;
    std::vector<haproxy::Command> commands; ///< in order
    std::string detail; ///< for people: "10.0.0.1:80 → 10.0.0.2:80, weight 1 → 5"
    /// When all commands have succeeded.
    std::variant<ServerEffect, LimitEffect, PatternEffect, AclLineEffect, CertificateEffect> effect;
    std::optional<Transaction> transaction = std::nullopt; ///< carried out before `commands`

    /// Of an object of kind server.
    [[nodiscard]] ServerEffect& server() { return std::get<ServerEffect>(effect); }
    [[nodiscard]] const ServerEffect& server() const { return std::get<ServerEffect>(effect); }

    /// The object's name in the running HAProxy.
    [[nodiscard]] const std::string& running_name() const;
};

/// A step that HAProxy has refused.
struct Refusal {
    ObjectId object;
    std::string message; ///< the command and HAProxy's answer
};

} // namespace hitless::plan
