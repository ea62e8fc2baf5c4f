#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/names.hpp"
#include "hitless/plan/server_index.hpp"
#include "hitless/plan/slots.hpp"

#include "live/kinds.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// Servers: their lines, stand-ins and spare ones.
namespace hitless::live {
namespace {

using plan::ServerId;

/// With more backends than this, one answer with all of them costs less than an answer each.
constexpr std::size_t few_backends = 8;

bool asks_for_all(const Scopes& scopes) {
    return scopes.empty() || scopes.size() > few_backends;
}

std::vector<ServerId> server_ids(std::span<const ObjectId> objects) {
    std::vector<ServerId> servers;
    servers.reserve(objects.size());
    for (const ObjectId& object : objects)
        servers.push_back(server_id(object));
    return servers;
}

/// The backends and servers of `known` that the answers don't have, of what was asked for.
std::set<std::pair<std::string_view, std::string_view>>
missing(const haproxy::Running& known, const Scopes& scopes, const haproxy::Running& read) {
    std::set<std::pair<std::string_view, std::string_view>> names;
    for (const auto& [backend, servers] : known) {
        if (!asks_for_all(scopes) && !scopes.contains(backend))
            continue;
        for (const auto& [name, server] : servers) {
            if (haproxy::find_server(read, backend, name) == nullptr)
                names.emplace(backend, name);
        }
    }
    return names;
}

/// An answer that isn't whole must not pass for servers that somebody has deleted.
template <class Names>
Result<void> check_missing(const Names& missing, const std::string& statistics) {
    const auto rows = haproxy::parse_stat(statistics);
    if (!rows)
        return rows.error();
    for (const haproxy::StatRow& row : *rows) {
        if (missing.contains({row.proxy(), row.name()}))
            return fail("'show servers state' doesn't have the server {}/{}, but 'show stat' "
                        "does: the answer isn't whole",
                        row.proxy(), row.name());
    }
    return {};
}

class Servers final : public Kind {
  public:
    [[nodiscard]] ObjectId::Kind id() const override { return ObjectId::Kind::server; }

    /// compare() has told server lines from others, since most changes are about them.
    void claim(const haproxy::Config&, const haproxy::Config&, Changes&) const override {}

    [[nodiscard]] std::vector<ObjectId> all(const haproxy::Config& wanted, const Files& /*files*/,
                                            const Observed& observed) const override {
        std::vector<ObjectId> objects;
        for (const ServerId& server : plan::every_server(wanted, observed.servers))
            objects.push_back(object_id(server));
        return objects;
    }

    [[nodiscard]] bool is_possible(const haproxy::Config& started,
                                   const ObjectId& object) const override {
        return started.find_backend(object.scope) != nullptr;
    }

    [[nodiscard]] std::vector<ObjectId>
    come_or_gone(const haproxy::Config& before, const haproxy::Config& after,
                 std::span<const ObjectId> objects) const override {
        const plan::ServerIndex old_servers(before, objects.size());
        const plan::ServerIndex new_servers(after, objects.size());
        std::vector<ObjectId> turned;
        std::ranges::copy_if(objects, std::back_inserter(turned), [&](const ObjectId& object) {
            const ServerId server = server_id(object);
            return old_servers.has(server) != new_servers.has(server);
        });
        return turned;
    }

    [[nodiscard]] std::vector<Named> with_names(const haproxy::Config& wanted,
                                                std::span<const ObjectId> objects) const override {
        std::vector<Named> named;
        for (auto& [server, name] : plan::servers_with_names(wanted, server_ids(objects)))
            named.push_back({object_id(server), std::move(name)});
        return named;
    }

    /// Whom a slot serves is found by the address: one that is in use must not be freed.
    [[nodiscard]] bool needs_all_names(const ObjectId& object) const override {
        return plan::is_slot(object.name);
    }

    [[nodiscard]] ObjectId original_of(const ObjectId& object) const override {
        const std::string_view original = plan::stood_in_for(object.name);
        return original.empty() ? object
                                : ObjectId{object.kind, object.scope, std::string(original)};
    }

    [[nodiscard]] std::vector<haproxy::Command> questions(const Scopes& scopes) const override {
        if (asks_for_all(scopes))
            return {"show servers state"};
        std::vector<haproxy::Command> commands;
        for (const std::string& backend : scopes)
            commands.emplace_back("show servers state " + backend);
        return commands;
    }

    Result<std::vector<haproxy::Command>> take(const Scopes& scopes,
                                               std::span<const std::string> answers,
                                               Observed& observed) const override {
        using Commands = std::vector<haproxy::Command>;
        const std::size_t asked = asks_for_all(scopes) ? 1 : scopes.size();
        haproxy::Running read;
        for (const std::string& answer : answers.first(asked)) {
            // Somebody has edited the file without a reload, say: what is added is refused then.
            if (answer.starts_with("Can't find backend"))
                continue;
            auto part = haproxy::parse_servers_state(answer);
            if (!part)
                return part.error();
            read.merge(*part);
        }
        const auto gone = missing(observed.servers, scopes, read);
        if (!gone.empty() && answers.size() == asked)
            return Commands{"show stat -1 4 -1"}; // the servers of all backends
        if (!gone.empty()) {
            if (const auto whole = check_missing(gone, answers[asked]); !whole)
                return whole.error();
        }
        haproxy::keep_knowledge(read, observed.servers);
        if (asks_for_all(scopes)) {
            observed.servers = std::move(read);
            return Commands();
        }
        for (const std::string& backend : scopes)
            observed.servers.erase(backend);
        observed.servers.merge(read);
        return Commands();
    }

    void adopt(const haproxy::Config& started, const std::set<ObjectId>& in_doubt,
               Observed& observed) const override {
        std::set<ServerId> servers;
        for (const ObjectId& object : in_doubt) {
            if (object.kind == id())
                servers.insert(server_id(object));
        }
        plan::adopt_options(observed.servers, started, servers);
    }

    void note_done(const plan::Step& step, Observed& observed) const override {
        observed.servers[step.object.scope].insert_or_assign(step.running_name(),
                                                             step.server().after);
    }

    void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                  plan::Plan& plan) const override {
        const auto& [started, wanted, files, observed, info, names, start_down, slots, exact,
                     by_hand] = situation;
        plan::recognize_slots(observed.servers, wanted, names);
        plan::add(plan, plan::make_plan({wanted, observed.servers, info, names, start_down, slots,
                                         exact, by_hand},
                                        server_ids(objects)));
    }
};

} // namespace

const Kind& servers() {
    static const Servers kind;
    return kind;
}

} // namespace hitless::live
