#include "apply/steps_run.hpp"

#include "hitless/haproxy/command.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <utility>

namespace hitless::apply {

using haproxy::Command;
namespace command = haproxy::command;

std::vector<Command> StepsRun::next() {
    sent_.clear();
    while (sent_.empty() && round_ != Round::over) {
        for (const plan::Step& step : steps_)
            add(step);
        round_ = static_cast<Round>(static_cast<int>(round_) + 1);
    }
    std::vector<Command> commands;
    commands.reserve(sent_.size());
    for (const Sent& each : sent_)
        commands.push_back(each.command);
    return commands;
}

/// Adds what the step has for this round.
void StepsRun::add(const plan::Step& step) {
    const bool is_refused = refusals_.contains(&step);
    const auto version = versions_.find(&step);
    if (!step.transaction || round_ == Round::begin) {
        if (step.transaction)
            send(step, step.transaction->begin);
        else if (round_ == Round::steps)
            for (const Command& each : step.commands)
                send(step, each);
        return;
    }
    if (version == versions_.end()) // it has not begun
        return;
    if (round_ == Round::fill) {
        for (const Command& each : step.transaction->fill)
            send(step, command::with_version(each, version->second));
    } else if (is_refused) {
        send(step, command::with_version(step.transaction->abort, version->second), true);
    } else {
        for (const Command& each : step.commands)
            send(step, command::with_version(each, version->second));
    }
}

void StepsRun::send(const plan::Step& step, Command command, bool is_abort) {
    sent_.push_back({&step, std::move(command), is_abort});
}

void StepsRun::take(std::span<const std::string> answers) {
    for (std::size_t i = 0; i < sent_.size() && i < answers.size(); ++i) {
        const auto& [step, sent, is_abort] = sent_[i];
        const auto known = versions_.find(step);
        auto refused = is_abort ? std::nullopt : command::refusal(sent, answers[i]);
        if (!refused && round_ == Round::fill) { // so this was the begin
            auto version = command::prepared_version(answers[i]);
            if (version)
                versions_.emplace(step, std::move(*version));
            else
                refused = version.error().message;
        }
        if (!refused)
            continue;
        std::string told = fmt::format("{} (HAProxy's answer to: {})", *refused, sent);
        if (known != versions_.end()) // which is another one at each try
            boost::replace_first(told, " " + known->second + " ", " @VERSION ");
        refusals_.try_emplace(step, plan::Refusal{step->object, std::move(told)});
    }
}

std::optional<plan::Refusal> StepsRun::take_refusal(const plan::Step& step) {
    const auto found = refusals_.find(&step);
    if (found == refusals_.end())
        return std::nullopt;
    return std::move(found->second);
}

} // namespace hitless::apply
