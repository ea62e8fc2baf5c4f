#include "live/pattern_planner.hpp"

#include "hitless/haproxy/command.hpp"

#include "live/pattern_difference.hpp"

#include <utility>
#include <vector>

namespace hitless::live {
namespace {

using haproxy::EntryList;
using haproxy::FileUse;
using haproxy::PatternEntry;
namespace command = haproxy::command;

/// Plans one file.
class PatternPlanner {
  public:
    PatternPlanner(const plan::ObjectId& object, plan::Plan& plan)
        : object_(object),
          file_{object.kind == plan::ObjectId::Kind::map ? FileUse::Kind::map : FileUse::Kind::acl,
                object.scope},
          plan_(plan) {}

    /// Brings `running` to what is wanted. The order of a small file is always that of a fresh
    /// start, since that costs next to nothing.
    void add(Patterns::File& running, const SharedEntries& wanted, const File& file) {
        if (running.entries == wanted || *running.entries == *wanted) {
            running.entries = wanted;
            return;
        }
        const PatternDifference difference = compare_patterns(*running.entries, *wanted);
        const bool order_counts = file.in_order || wanted->size() <= exact_order_up_to;
        if (difference.size() == 0 && !difference.is_doubled && !order_counts) {
            running.entries = wanted;
            return;
        }
        const std::size_t most = wanted->size() <= small_pattern_file ? 1 : most_commands;
        const bool is_few = !difference.is_doubled && difference.size() > 0 &&
                            difference.size() <= most && (difference.keeps_order || !order_counts);
        auto step = is_few ? one_by_one(difference) : all_at_once(*wanted);
        if (!step && is_few)
            step = all_at_once(*wanted);
        if (step && step->transaction && !difference.is_doubled && difference.size() > 0 &&
            difference.size() <= most_commands && (difference.keeps_order || !file.in_order)) {
            if (auto few = one_by_one(difference))
                step->transaction->one_by_one = std::move(few->commands);
        }
        if (!step && !file.is_on_disk) {
            plan_.next.push_back(object_);
            return;
        }
        if (!step) {
            plan_.obstacles.add(object_, {plan::Cause::Kind::not_set, step.error().message});
            return;
        }
        step->detail = in_words(difference);
        step->effect = plan::PatternEffect{wanted, summary_of(difference)};
        plan_.steps.push_back(std::move(*step));
    }

  private:
    /// HAProxy 2.6 goes through all entries for each that is set or deleted.
    static constexpr std::size_t most_commands = 50;
    /// Of so many entries a new version takes HAProxy little more time than one command.
    static constexpr std::size_t exact_order_up_to = 200;
    /// HAProxy doesn't take more than its buffer at once (tune.bufsize, 16,384 by default), nor a
    /// longer line of a file as one.
    static constexpr std::size_t most_of_payload = 7'000;
    static constexpr std::size_t longest_line = 15'000;

    [[nodiscard]] plan::Step new_step() const {
        plan::Step step;
        step.object = object_;
        step.phase = plan::Phase::fill;
        return step;
    }

    /// First what comes, last what goes.
    [[nodiscard]] Result<plan::Step> one_by_one(const PatternDifference& difference) const {
        plan::Step step = new_step();
        std::vector<Result<std::string>> lines;
        for (const PatternEntry& entry : difference.added)
            lines.push_back(command::add_entry(file_, {}, entry));
        for (const PatternEntry& entry : difference.set)
            lines.push_back(command::set_entry(file_, entry));
        for (const std::string& key : difference.gone)
            lines.push_back(command::delete_entry(file_, key));
        for (Result<std::string>& line : lines) {
            if (!line)
                return line.error();
            if (line->size() > longest_line)
                return too_long();
            step.commands.emplace_back(std::move(*line));
        }
        return step;
    }

    /// A new version of all entries, so that no request sees half of them.
    [[nodiscard]] Result<plan::Step> all_at_once(const EntryList& wanted) const {
        auto begin = command::prepare_entries(file_);
        auto commit = command::commit_entries(file_, command::new_version);
        auto abort = command::clear_entries(file_, command::new_version);
        auto fill = file_.kind == FileUse::Kind::map ? map_lines(wanted) : acl_lines(wanted);
        if (!begin || !commit || !abort)
            return begin ? commit ? abort.error() : commit.error() : begin.error();
        if (!fill)
            return fill.error();
        plan::Step step = new_step();
        step.transaction = {std::move(*begin), std::move(*fill), std::move(*abort)};
        step.commands.emplace_back(std::move(*commit));
        return step;
    }

    [[nodiscard]] Result<std::vector<haproxy::Command>> map_lines(const EntryList& wanted) const {
        const auto line = command::add_map_lines(file_, command::new_version);
        if (!line)
            return line.error();
        std::vector<haproxy::Command> commands;
        std::string payload;
        for (const PatternEntry& entry : wanted) {
            const auto text = command::map_line(entry);
            if (!text)
                return text.error();
            if (text->size() > longest_line)
                return too_long();
            if (!payload.empty() && payload.size() + text->size() > most_of_payload)
                commands.push_back(
                    haproxy::Command::with_payload(*line, std::exchange(payload, {})));
            payload += *text;
        }
        if (!payload.empty())
            commands.push_back(haproxy::Command::with_payload(*line, std::move(payload)));
        return commands;
    }

    [[nodiscard]] Result<std::vector<haproxy::Command>> acl_lines(const EntryList& wanted) const {
        std::vector<haproxy::Command> commands;
        for (const PatternEntry& entry : wanted) {
            auto line = command::add_entry(file_, command::new_version, entry);
            if (!line)
                return line.error();
            if (line->size() > longest_line)
                return too_long();
            commands.emplace_back(std::move(*line));
        }
        return commands;
    }

    static Error too_long() {
        return fail("a line is longer than {} bytes, the most for a command", longest_line);
    }

    const plan::ObjectId& object_;
    command::PatternFileName file_;
    plan::Plan& plan_;
};

} // namespace

void plan_patterns(const plan::ObjectId& object, Patterns::File& running,
                   const SharedEntries& wanted, const File& file, plan::Plan& plan) {
    PatternPlanner(object, plan).add(running, wanted, file);
}

} // namespace hitless::live
