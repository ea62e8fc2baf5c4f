#include "plan/live_change.hpp"

#include "hitless/haproxy/command.hpp"
#include "hitless/plan/slots.hpp"

#include <algorithm>
#include <array>

namespace hitless::plan {
namespace {

namespace command = haproxy::command;
using haproxy::Address;
using haproxy::RunningServer;

/// Builds the step for one server.
class Change {
  public:
    Change(const Pair& pair, const OptionChanges& options, Plan& plan)
        : wanted_(pair.wanted),
          running_(pair.running),
          name_(pair.name),
          backend_(pair.backend),
          situation_(pair.situation),
          options_(options),
          plan_(plan),
          by_hand_(by_hand(pair.situation, pair.backend.name, pair.wanted.name)),
          after_(step_.server().after) {
        step_.phase = Phase::change;
        step_.object.scope = backend_.name;
        step_.object.name = name_;
        after_ = running_;
        after_.leaving = false;
        after_.address_text = wanted_.address.text;
        after_.disabled = wanted_.disabled;
        if (!running_.options)
            after_.options = std::make_shared<const haproxy::ServerOptions>(wanted_.options);
    }

    std::optional<Step> run() {
        address();
        if (!wanted_.environment) {
            maxconn();
            weight();
            checks();
            state();
        }
        if (step_.commands.empty())
            return std::nullopt;
        return std::move(step_);
    }

  private:
    void add(std::string command, std::string_view note) {
        step_.commands.push_back(std::move(command));
        if (!step_.detail.empty())
            step_.detail += ", ";
        step_.detail += note;
    }

    /// HAProxy resolves the name itself, and for SRV records takes port and weight from there.
    [[nodiscard]] bool resolved_by_haproxy() const {
        return wanted_.address.kind == Address::Kind::name && wanted_.options.has("resolvers");
    }
    [[nodiscard]] bool from_srv_record() const {
        return resolved_by_haproxy() && wanted_.address.host.starts_with('_');
    }

    void address() {
        if (resolved_by_haproxy()) {
            if (from_srv_record())
                return;
            if (running_.fqdn != wanted_.address.host)
                name_to_resolve();
            if (wanted_.address.port != 0 && running_.port != wanted_.address.port)
                port();
            return;
        }
        if (wanted_.address.kind == Address::Kind::other || is_at(wanted_.address) ||
            init_addr_decides(wanted_))
            return;
        const auto address = resolve(situation_.names, wanted_);
        if (!address) {
            note_no_address(plan_, backend_.name, wanted_,
                            fmt::format("stays at {}:{}", running_.address, running_.port));
            return;
        }
        add(command::set_address(backend_.name, name_, *address),
            fmt::format("{}:{} → {}", running_.address, running_.port,
                        haproxy::to_string(*address)));
        after_.address = address->host;
        after_.port = address->port;
    }

    void name_to_resolve() {
        add(command::set_fqdn(backend_.name, name_, wanted_.address.host),
            fmt::format("name {} → {}", running_.fqdn, wanted_.address.host));
        after_.fqdn = wanted_.address.host;
    }

    /// HAProxy takes a port with an address only.
    void port() {
        auto address = haproxy::address_now(running_);
        if (!address) {
            need_reload(plan_, backend_.name, wanted_.name, Cause::Kind::not_set,
                        "its name has no address yet, and no port can be set without one");
            return;
        }
        address->port = wanted_.address.port;
        add(command::set_address(backend_.name, name_, *address),
            fmt::format("port {} → {}", running_.port, address->port));
        after_.port = address->port;
    }

    /// A server without a port of its own shows port 0.
    [[nodiscard]] bool is_at(const Address& address) const {
        if (running_.port != address.port)
            return false;
        if (address.kind == Address::Kind::ip)
            return running_.address == address.host;
        const auto found = addresses_of(situation_.names, address);
        if (found.empty()) // no address is known here, so HAProxy's own counts
            return running_.fqdn == address.host;
        return std::ranges::find(found, running_.address) != found.end();
    }

    void maxconn() {
        if (!options_.maxconn)
            return;
        const auto in_words = [](long limit) {
            return limit == 0 ? std::string("none") : std::to_string(limit);
        };
        const long before = running_.options ? haproxy::limits_of(*running_.options).maxconn : 0;
        const long after = haproxy::limits_of(wanted_.options).maxconn;
        add(command::set_maxconn(backend_.name, name_, after),
            fmt::format("maxconn {} → {}", in_words(before), in_words(after)));
        if (running_.options)
            after_.options = backend_.share(with_limits_of(wanted_, *running_.options));
    }

    void weight() {
        // An agent moves the weight by itself, and so does an SRV record.
        const bool is_forced =
            is_by_hand(ManualState::Kind::weight) || is_by_hand(ManualState::Kind::released);
        const bool agent_moves =
            wanted_.options.has("agent-check") && !options_.agent_on && !is_forced;
        const int weight = wanted_weight();
        if (running_.weight == weight || agent_moves || from_srv_record())
            return;
        if (!can_weigh(weight)) {
            need_reload(plan_, backend_.name, wanted_.name, Cause::Kind::not_set,
                        "its weight can't be set under a static balance algorithm");
            return;
        }
        add(command::set_weight(backend_.name, name_, weight),
            fmt::format("weight {} → {}", running_.weight, weight));
        after_.weight = weight;
    }

    /// A held weight that HAProxy can't set is passed over.
    [[nodiscard]] int wanted_weight() const {
        const bool is_held = is_by_hand(ManualState::Kind::weight) && can_weigh(by_hand_->weight);
        return is_held ? by_hand_->weight : wanted_.weight;
    }

    [[nodiscard]] bool is_by_hand(ManualState::Kind kind) const {
        return by_hand_ != nullptr && by_hand_->kind == kind;
    }

    [[nodiscard]] bool can_weigh(int weight) const {
        return backend_.dynamic_weights || weight == 0 || weight == running_.initial_weight;
    }

    void checks() {
        constexpr unsigned enabled = RunningServer::check_enabled;
        if (options_.check_on)
            add(command::enable_health(backend_.name, name_), "checks on");
        if (options_.check_off) {
            // A server that its check had found down would stay so.
            add(command::disable_health(backend_.name, name_), "checks off");
            step_.commands.push_back(command::set_health(backend_.name, name_, "up"));
            if (!running_.in_maintenance())
                after_.operational = 2;
        }
        if (options_.agent_on) {
            add(command::enable_agent(backend_.name, name_), "agent checks on");
            if (backend_.agents_begin_up)
                step_.commands.push_back(command::set_agent(backend_.name, name_, "up"));
        }
        if (options_.agent_off) {
            // A server that its agent had down would stay so.
            add(command::set_agent(backend_.name, name_, "up"), "agent checks off");
            step_.commands.push_back(command::disable_agent(backend_.name, name_));
        }
        after_.check_state = options_.check_on    ? after_.check_state | enabled
                             : options_.check_off ? after_.check_state & ~enabled
                                                  : after_.check_state;
        after_.agent_state = options_.agent_on    ? after_.agent_state | enabled
                             : options_.agent_off ? after_.agent_state & ~enabled
                                                  : after_.agent_state;
    }

    enum class State { ready, drain, maint };

    /// A slot stays out of maintenance as long as it has a server's place: nobody could tell it
    /// from a free one.
    [[nodiscard]] State wanted_state() const {
        if (wanted_.disabled)
            return State::maint;
        if (is_by_hand(ManualState::Kind::maint))
            return is_slot(name_) ? State::drain : State::maint;
        return is_by_hand(ManualState::Kind::drain) ? State::drain : State::ready;
    }

    static std::string_view to_string(State state) {
        constexpr std::array<std::string_view, 3> words = {"ready", "drain", "maint"};
        return words.at(static_cast<std::size_t>(state));
    }

    void state() {
        const State before = running_.in_maintenance() ? State::maint
                             : running_.draining()     ? State::drain
                                                       : State::ready;
        const State after = wanted_state();
        if (before == after || agent_decides())
            return;
        // What leaves maintenance under an agent that was never heard stays down, though a fresh
        // process would have it up.
        const bool leaves = before == State::maint;
        const bool waits_for_agent = leaves && !backend_.agents_begin_up &&
                                     wanted_.options.has("agent-check") &&
                                     (running_.is_asked() || options_.agent_on);
        if (waits_for_agent)
            step_.commands.push_back(command::disable_agent(backend_.name, name_));
        add(command::set_state(backend_.name, name_, to_string(after)),
            fmt::format("{} → {}", to_string(before), to_string(after)));
        if (waits_for_agent)
            step_.commands.push_back(command::enable_agent(backend_.name, name_));
        if (leaves)
            start_down();
        auto& admin = after_.admin_state;
        admin &= ~(RunningServer::forced_maintenance | RunningServer::forced_drain);
        if (after == State::maint)
            admin |= RunningServer::forced_maintenance;
        if (after == State::drain)
            admin |= RunningServer::forced_drain;
        after_.operational = after == State::maint ? 0 : 2;
    }

    /// An agent that is asked may have told the server to drain, to be in maintenance, or to be
    /// ready though its line says `disabled`. Another line than before counts more.
    [[nodiscard]] bool agent_decides() const {
        const bool is_new = running_.disabled && *running_.disabled != wanted_.disabled;
        const bool is_forced = by_hand_ != nullptr && by_hand_->kind != ManualState::Kind::weight;
        return !is_new && !is_forced && wanted_.options.has("agent-check") && running_.is_asked();
    }

    /// Out of maintenance a server is up at once, whatever its check would say. Between the two
    /// commands it would take requests, so its weight is 0 meanwhile.
    void start_down() {
        if (!situation_.start_down || !wanted_.options.has("check") ||
            wanted_.options.has("init-state") || wanted_weight() == 0 ||
            !can_weigh(wanted_weight()))
            return;
        const auto ready = std::prev(step_.commands.end());
        step_.commands.insert(ready, command::set_weight(backend_.name, name_, 0));
        step_.commands.push_back(command::set_health(backend_.name, name_, "down"));
        step_.commands.push_back(command::set_weight(backend_.name, name_, wanted_weight()));
    }

    const haproxy::Server& wanted_;
    const RunningServer& running_;
    const std::string& name_;
    const BackendFacts& backend_;
    const Situation& situation_;
    const OptionChanges& options_;
    Plan& plan_;
    const ManualState* by_hand_;
    Step step_;
    RunningServer& after_; ///< of step_
};

bool is_ipv6(std::string_view ip) {
    return ip.find(':') != std::string_view::npos;
}

} // namespace

std::optional<Step> live_change(const Pair& pair, const OptionChanges& options, Plan& plan) {
    return Change(pair, options, plan).run();
}

bool init_addr_decides(const haproxy::Server& server) {
    return server.address.kind == Address::Kind::name && server.options.has("init-addr") &&
           server.options.argument("init-addr").find("libc") == std::string_view::npos;
}

std::vector<std::string> addresses_of(const Names& names, const Address& address) {
    using Family = Address::Family;
    const auto found = names.find(address.host);
    if (found == names.end())
        return {};
    std::vector<std::string> addresses = found->second;
    if (address.family != Family::any)
        std::erase_if(addresses, [&](const std::string& ip) {
            return is_ipv6(ip) != (address.family == Family::ipv6);
        });
    return addresses;
}

std::optional<Address> resolve(const Names& names, const haproxy::Server& server) {
    const Address& address = server.address;
    if (address.kind != Address::Kind::name)
        return address;
    const auto found = addresses_of(names, address);
    if (found.empty())
        return std::nullopt;
    // What HAProxy's resolvers ask for later; the system's resolver isn't told of it.
    const std::string_view preferred =
        server.options.has("resolvers") ? server.options.argument("resolve-prefer") : "";
    const auto fits = [&](const std::string& ip) {
        return preferred.empty() || is_ipv6(ip) == (preferred == "ipv6");
    };
    const auto best = std::ranges::find_if(found, fits);
    Address resolved = address;
    resolved.kind = Address::Kind::ip;
    resolved.family = Address::Family::any;
    resolved.host = best == found.end() ? found.front() : *best;
    return resolved;
}

} // namespace hitless::plan
