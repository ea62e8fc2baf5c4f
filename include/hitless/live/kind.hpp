#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/live/files.hpp"
#include "hitless/live/observed.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/plan.hpp"

#include <set>
#include <span>
#include <string>
#include <vector>

/// Pure: the kinds of objects that a running HAProxy can be brought to by commands, and what each
/// knows of them. Whoever plans, reads or carries out asks the kinds and knows none of them.
namespace hitless::live {

using plan::ObjectId;

/// What a plan of all kinds depends on. plan::Situation explains the members without a comment.
struct Situation {
    const haproxy::Config& started; ///< what the process was started from, as far as is known
    const haproxy::Config& wanted;
    const Files& files; ///< that are wanted beside it
    Observed& observed;
    const haproxy::Info& info;
    const plan::Names& names;
    bool start_down = false;
    bool slots = false;
    bool exact = false;
    const plan::ManualStates* by_hand = nullptr;
};

/// How two configurations differ, as the kinds see it.
struct Changes {
    std::vector<ObjectId> objects;       ///< what differs and commands can perhaps bring about
    std::vector<plan::LineChange> lines; ///< what no kind claims, so that it needs a reload

    [[nodiscard]] bool empty() const { return objects.empty() && lines.empty(); }
};

/// An object, and the host name that its line has.
struct Named {
    ObjectId object;
    std::string name;
};

/// The scopes (ObjectId::scope) to be read. Empty: all of them.
using Scopes = std::set<std::string>;

class Kind {
  public:
    Kind() = default;
    Kind(const Kind&) = delete;
    Kind& operator=(const Kind&) = delete;
    virtual ~Kind() = default;

    /// The kind of its objects.
    [[nodiscard]] virtual ObjectId::Kind id() const = 0;

    // Configurations

    /// Takes the lines out of `changes` of which commands can bring about what they say, and adds
    /// the objects that they are about: such a line is no obstacle. add_plan() may find later that
    /// one of these objects needs a reload all the same.
    virtual void claim(const haproxy::Config& before, const haproxy::Config& after,
                       Changes& changes) const = 0;

    /// All objects of the kind that are wanted or that HAProxy has.
    [[nodiscard]] virtual std::vector<ObjectId>
    all(const haproxy::Config& wanted, const Files& files, const Observed& observed) const = 0;

    /// False when the process lacks the section that the object belongs to: one reload brings both.
    [[nodiscard]] virtual bool is_possible(const haproxy::Config& /*started*/,
                                           const ObjectId& /*object*/) const {
        return true;
    }

    /// Those of these objects that only one of the two configurations has.
    [[nodiscard]] virtual std::vector<ObjectId> come_or_gone(const haproxy::Config& /*before*/,
                                                             const haproxy::Config& /*after*/,
                                                             std::span<const ObjectId>) const {
        return {};
    }

    /// Those of these objects whose lines have a host name that HAProxy doesn't resolve itself.
    [[nodiscard]] virtual std::vector<Named> with_names(const haproxy::Config& /*wanted*/,
                                                        std::span<const ObjectId>) const {
        return {};
    }
    /// True if the object isn't planned while an address in its scope isn't known.
    [[nodiscard]] virtual bool needs_all_names(const ObjectId& /*object*/) const { return false; }

    /// The object for which this one stands in for a while (plan::stand_in_name()); else the object
    /// itself.
    [[nodiscard]] virtual ObjectId original_of(const ObjectId& object) const { return object; }

    // What HAProxy has

    /// What to ask.
    [[nodiscard]] virtual std::vector<haproxy::Command> questions(const Scopes& scopes) const = 0;

    /// Notes the answers in `observed`, which keeps what is known beyond HAProxy's words. If it
    /// returns further commands, nothing was noted, and it is to be called again with their answers
    /// behind the others. An Error: HAProxy wouldn't answer so.
    virtual Result<std::vector<haproxy::Command>>
    take(const Scopes& scopes, std::span<const std::string> answers, Observed& observed) const = 0;

    /// HAProxy tells all that commands can change of the object, so that nobody has to note what it
    /// was brought to.
    [[nodiscard]] virtual bool is_told(const ObjectId& /*object*/) const { return false; }

    /// What is read of such objects depends on what the process was started from: after adopt(),
    /// they are read once more.
    [[nodiscard]] virtual bool is_read_after_adoption() const { return false; }

    /// Notes that the process was started from `started`, or brought to it. Of the objects
    /// `in_doubt` that isn't certain.
    virtual void adopt(const haproxy::Config& started, const std::set<ObjectId>& in_doubt,
                       Observed& observed) const = 0;

    /// Notes that HAProxy has carried out the step.
    virtual void note_done(const plan::Step& step, Observed& observed) const = 0;

    // Plans

    /// Adds to the plan what brings these objects to what is wanted.
    virtual void add_plan(const Situation& situation, std::span<const ObjectId> objects,
                          plan::Plan& plan) const = 0;
};

/// Each kind that there is. Objects are planned in the order of ObjectId::Kind.
[[nodiscard]] std::span<const Kind* const> kinds();
/// nullptr: objects of that kind can't be changed live.
[[nodiscard]] const Kind* find_kind(ObjectId::Kind kind);

// What all kinds say together

/// plan::compare(), and what the kinds claim of it.
[[nodiscard]] Changes compare(const haproxy::Config& before, const haproxy::Config& after);
/// `difference`: between the two.
[[nodiscard]] Changes claim(const haproxy::Config& before, const haproxy::Config& after,
                            const plan::Difference& difference);
[[nodiscard]] std::vector<ObjectId> all_objects(const haproxy::Config& wanted, const Files& files,
                                                const Observed& observed);
[[nodiscard]] std::vector<ObjectId> come_or_gone(const haproxy::Config& before,
                                                 const haproxy::Config& after,
                                                 std::span<const ObjectId> objects);
[[nodiscard]] std::vector<Named> with_names(const haproxy::Config& wanted,
                                            std::span<const ObjectId> objects);
[[nodiscard]] ObjectId original_of(const ObjectId& object);
void adopt(const haproxy::Config& started, const std::set<ObjectId>& in_doubt, Observed& observed);
void note_done(const plan::Step& step, Observed& observed);
/// `objects`: sorted. It says nothing of lines that no kind claims.
[[nodiscard]] plan::Plan make_plan(const Situation& situation, std::span<const ObjectId> objects);

} // namespace hitless::live
