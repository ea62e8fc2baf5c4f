#include "hitless/base/text.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/haproxy/words.hpp"

#include "live/kinds.hpp"
#include "live/limit_settings.hpp"
#include "live/rate_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

// Limits: the `maxconn` of the global section and of frontends (and listens), and the rates of the
// global section, which HAProxy tells and takes as they are. Of maxconn, tried on HAProxy 2.6:
// a frontend without one has the limit that the process was started with, and HAProxy works out
// once, at its start, what else depends on these limits.
namespace hitless::live {
namespace {

using haproxy::Config;
using haproxy::Section;
using plan::Cause;

void need_reload(const ObjectId& object, std::string why, plan::Plan& plan) {
    plan.obstacles.add(object, {Cause::Kind::not_set, std::move(why)});
}

/// Plans the limits of one HAProxy.
class LimitPlanner {
  public:
    LimitPlanner(const Situation& situation, plan::Plan& plan)
        : situation_(situation),
          limits_(situation.observed.limits),
          plan_(plan),
          wanted_config_(situation.wanted),
          wanted_(situation.wanted),
          started_(situation.started),
          wanted_global_(global_limit(situation.wanted)),
          started_global_(global_limit(situation.started)) {}

    void add(const ObjectId& object) {
        if (limits_.hard == 0) // not read yet
            return;
        if (const RateLimit* const rate = find_rate_limit(object.name))
            plan_rate(object, *rate);
        else if (object.scope.empty())
            plan_global(object);
        else
            plan_frontend(object);
    }

  private:
    void plan_global(const ObjectId& object) {
        if (is_unclear(wanted_global_) || is_unclear(started_global_))
            return;
        const bool is_other =
            limits_.in_doubt.contains(object) || wanted_global_ != started_global_;
        const bool is_changed = is_other || limits_.changed.contains(object);
        const bool is_none = wanted_global_.state == LimitSetting::State::none;
        const long wanted = is_none ? limits_.hard : wanted_global_.number;
        // HAProxy may have another than its line says: by its flag -n, or since it can't have more.
        // It starts with the hard one then (hardmaxconn in haproxy.c), as without a line.
        if (!is_changed && (limits_.global == limits_.hard || wanted > limits_.hard))
            return;
        if (is_none && is_other)
            need_reload(object, "only a HAProxy that starts works out how many it can have", plan_);
        else if (wanted > limits_.hard)
            need_reload(object,
                        fmt::format("{} are wanted, and HAProxy was started for {} at most", wanted,
                                    limits_.hard),
                        plan_);
        else
            set(object, limits_.global, wanted, is_other,
                haproxy::command::set_global_maxconn(wanted));
    }

    void plan_rate(const ObjectId& object, const RateLimit& rate) {
        const LimitSetting wanted = rate_limit_of(wanted_config_, rate);
        const auto found = limits_.rates.find(rate.keyword);
        if (is_unclear(wanted) || found == limits_.rates.end() || found->second == wanted.number)
            return;
        add_step(object, found->second, wanted.number,
                 haproxy::command::set_rate_limit(rate.name, wanted.number));
    }

    void plan_frontend(const ObjectId& object) {
        const auto found = limits_.frontends.find(object.scope);
        if (found == limits_.frontends.end() || !wanted_.has(object.scope) ||
            !haproxy::is_name(object.scope))
            return; // it comes, or goes, with a reload
        const LimitSetting own = wanted_.of(object.scope);
        const LimitSetting wanted = in_effect(own, wanted_global_);
        const LimitSetting started = in_effect(started_.of(object.scope), started_global_);
        if (is_unclear(wanted) || is_unclear(started))
            return;
        const bool is_other = limits_.in_doubt.contains(object) || wanted != started;
        // One without a line may also have what the flag -N says: it keeps what it had at first.
        const bool is_known = has_line(object) || is_other || limits_.changed.contains(object);
        const long limit = is_known ? wanted.number : first_of(object.scope, found->second);
        set(object, found->second, limit, is_other,
            haproxy::command::set_frontend_maxconn(object.scope, limit));
    }

    [[nodiscard]] long first_of(const std::string& frontend, long now) const {
        const auto first = limits_.first.find(frontend);
        return first == limits_.first.end() ? now : first->second;
    }

    static bool is_unclear(const LimitSetting& setting) {
        return setting.state == LimitSetting::State::unclear;
    }

    /// A frontend without a limit has the one that the process starts with.
    [[nodiscard]] LimitSetting in_effect(const LimitSetting& own,
                                         const LimitSetting& global) const {
        const LimitSetting& counts = own.state == LimitSetting::State::none ? global : own;
        return counts.state == LimitSetting::State::none
                   ? LimitSetting{LimitSetting::State::number, limits_.hard}
                   : counts;
    }

    [[nodiscard]] bool has_line(const ObjectId& object) const {
        const LimitSetting own = object.scope.empty() ? wanted_global_ : wanted_.of(object.scope);
        return own.state != LimitSetting::State::none;
    }

    /// `is_other`: than HAProxy was started with.
    void set(const ObjectId& object, long before, long after, bool is_other, std::string command) {
        if (is_other) {
            if (auto why = find_worked_out()) {
                need_reload(object, std::move(*why), plan_);
                return;
            }
        }
        if (before == after)
            return;
        // Also where the connection breaks before HAProxy's answer is known. What is only set back
        // to what it was at first stays such a one.
        if (is_other || has_line(object))
            situation_.observed.limits.changed.insert(object);
        add_step(object, before, after, std::move(command));
    }

    void add_step(const ObjectId& object, long before, long after, std::string command) {
        const auto in_words = [](long limit) {
            return limit == 0 ? std::string("none") : std::to_string(limit);
        };
        plan_.steps.push_back(
            {object,
             plan::Phase::change,
             {std::move(command)},
             fmt::format("{} {} → {}", object.name, in_words(before), in_words(after)),
             plan::LimitEffect{after}});
    }

    /// Looked for once.
    const std::optional<std::string>& find_worked_out() {
        if (!worked_out_)
            worked_out_ = worked_out_from_limits(situation_.wanted);
        return *worked_out_;
    }

    const Situation& situation_;
    const ObservedLimits& limits_;
    plan::Plan& plan_;
    const Config& wanted_config_;
    FrontendLimits wanted_;
    FrontendLimits started_;
    LimitSetting wanted_global_;
    LimitSetting started_global_;
    std::optional<std::optional<std::string>> worked_out_;
};

/// A HAProxy that runs for longer, in seconds, may have been changed by somebody before it was met.
constexpr long longest_youth = 30;

class LimitsKind final : public Kind {
  public:
    [[nodiscard]] ObjectId::Kind id() const override { return ObjectId::Kind::limit; }

    /// A line of a defaults section is about all that take their settings from it, and the global
    /// one about all that have none of their own.
    void claim(const Config& before, const Config& after, Changes& changes) const override {
        const auto is_claimed = [&](const plan::LineChange& change) {
            return is_limit(change) && is_clear(change, before) && is_clear(change, after);
        };
        // Clang 14 can't compile what std::ranges::stable_partition returns.
        const auto claimed = std::stable_partition(
            changes.lines.begin(), changes.lines.end(),
            [&](const plan::LineChange& change) { return !is_claimed(change); });
        std::set<ObjectId> objects;
        std::for_each(claimed, changes.lines.end(), [&](const plan::LineChange& change) {
            const std::string keyword = haproxy::first_word(change.text);
            if (find_rate_limit(keyword) != nullptr)
                objects.insert({id(), {}, keyword});
            else if (change.section == "frontend" || change.section == "listen")
                objects.insert({id(), change.name, std::string(limit_keyword)});
            else
                std::ranges::copy(all_maxconn(after), std::inserter(objects, objects.end()));
        });
        changes.lines.erase(claimed, changes.lines.end());
        changes.objects.insert(changes.objects.end(), objects.begin(), objects.end());
    }

    [[nodiscard]] std::vector<ObjectId> all(const Config& wanted, const Files& /*files*/,
                                            const Observed& /*observed*/) const override {
        std::vector<ObjectId> objects = all_maxconn(wanted);
        for (const RateLimit& rate : rate_limits())
            objects.push_back({id(), {}, std::string(rate.keyword)});
        std::ranges::sort(objects);
        return objects;
    }

    [[nodiscard]] std::vector<haproxy::Command> questions(const Scopes& /*scopes*/) const override {
        return {"show info", "show stat -1 1 -1"}; // the frontends, of listens too
    }

    Result<std::vector<haproxy::Command>> take(const Scopes& /*scopes*/,
                                               std::span<const std::string> answers,
                                               Observed& observed) const override {
        const auto info = haproxy::parse_info(answers[0]);
        if (!info)
            return info.error();
        const auto rows = haproxy::parse_stat(answers[1]);
        if (!rows)
            return rows.error();
        ObservedLimits& limits = observed.limits;
        limits.global = info->max_connections;
        limits.hard = info->hard_max_connections;
        limits.rates = read_rate_limits(answers[0]);
        limits.frontends.clear();
        limits.stopped.clear();
        for (const haproxy::StatRow& row : *rows) {
            const std::string& status = row.field("status");
            // An old process stops its frontends when it is about to end.
            if (row.kind() == haproxy::StatRow::Kind::frontend && !info->stopping &&
                !status.empty() && status != "OPEN")
                limits.stopped.emplace(row.proxy(), status);
            const auto limit = row.number("slim");
            if (row.kind() != haproxy::StatRow::Kind::frontend || !limit)
                continue;
            limits.frontends[row.proxy()] = *limit;
            if (info->uptime_seconds <= longest_youth)
                limits.first.try_emplace(row.proxy(), *limit);
        }
        return std::vector<haproxy::Command>();
    }

    [[nodiscard]] bool is_told(const ObjectId& object) const override {
        return find_rate_limit(object.name) != nullptr;
    }

    void adopt(const Config& /*started*/, const std::set<ObjectId>& in_doubt,
               Observed& observed) const override {
        observed.limits.in_doubt.clear();
        std::ranges::copy_if(
            in_doubt, std::inserter(observed.limits.in_doubt, observed.limits.in_doubt.end()),
            [&](const ObjectId& object) { return object.kind == id(); });
    }

    void note_done(const plan::Step& step, Observed& observed) const override {
        const long after = std::get<plan::LimitEffect>(step.effect).after;
        if (find_rate_limit(step.object.name) != nullptr)
            observed.limits.rates[step.object.name] = after;
        else if (step.object.scope.empty())
            observed.limits.global = after;
        else
            observed.limits.frontends[step.object.scope] = after;
    }

    void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                  plan::Plan& plan) const override {
        LimitPlanner planner(situation, plan);
        for (const ObjectId& object : objects)
            planner.add(object);
    }

  private:
    [[nodiscard]] std::vector<ObjectId> all_maxconn(const Config& wanted) const {
        std::vector<ObjectId> objects{{id(), {}, std::string(limit_keyword)}};
        for (const Section& section : wanted.sections()) {
            if (takes_connections(section))
                objects.push_back({id(), std::string(section.name), std::string(limit_keyword)});
        }
        return objects;
    }

    static bool is_limit(const plan::LineChange& change) {
        const std::string keyword = haproxy::first_word(change.text);
        const bool is_rate = change.section == "global" && find_rate_limit(keyword) != nullptr;
        return (change.kind == plan::LineChange::Kind::added ||
                change.kind == plan::LineChange::Kind::removed) &&
               (keyword == limit_keyword || is_rate);
    }

    /// The section's own limit can be told from its lines.
    static bool is_clear(const plan::LineChange& change, const Config& config) {
        if (const RateLimit* const rate = find_rate_limit(haproxy::first_word(change.text)))
            return rate_limit_of(config, *rate).state != LimitSetting::State::unclear;
        LimitSetting setting;
        bool may_have = true;
        for (const Section& section : config.sections()) {
            if (section.kind != change.section || section.name != change.name)
                continue;
            may_have = may_have && may_have_limit(section);
            add_limit(section, setting);
        }
        return may_have && setting.state != LimitSetting::State::unclear;
    }
};

} // namespace

std::string about_stopped(std::string_view frontend, std::string_view status) {
    const std::string name = base::printable(frontend, 100);
    if (status == "STOP") // HAProxy has closed its sockets, and can't open them again
        return fmt::format("the frontend {} takes no connections any more: someone has ended it at "
                           "HAProxy's socket (`shutdown frontend {}`); only a reload brings it "
                           "back",
                           name, name);
    return fmt::format("the frontend {} takes no connections: someone has stopped it at HAProxy's "
                       "socket (`disable frontend {}`), and `hitlessctl raw 'enable frontend {}'` "
                       "ends that",
                       name, name, name);
}

const Kind& limits() {
    static const LimitsKind kind;
    return kind;
}

} // namespace hitless::live
