#include "gotemplate/evaluator.hpp"
#include "gotemplate/limits.hpp"
#include "gotemplate/traces.hpp"

#include <algorithm>

namespace hitless::gotemplate {
namespace {

std::size_t count_arguments(const Command* command, const Outcome* last) {
    return (command != nullptr ? command->terms.size() - 1 : 0) + (last != nullptr ? 1 : 0);
}

} // namespace

Outcome Evaluator::evaluate_call(const Command* command, const Term& term, const Value* dot,
                                 Outcome* last) {
    at(term);
    spend(limits::call_steps);
    if (term.function != nullptr)
        return call_function(command, term, dot, last);
    const std::size_t count = count_arguments(command, last);
    const Builtin& builtin = *term.builtin;
    if (count < builtin.least && builtin.most == Builtin::any_number)
        fail_here("wrong number of args for {}: want at least {} got {}", builtin.name,
                  builtin.least, count - (last != nullptr ? 1 : 0));
    if (count < builtin.least || count > builtin.most)
        fail_here("wrong number of args for {}: want {} got {}", builtin.name, builtin.least,
                  count);
    if (builtin.kind == Builtin::Kind::and_ || builtin.kind == Builtin::Kind::or_)
        return call_logic(command, builtin.kind == Builtin::Kind::or_, dot, last);
    return call_builtin(command, term, dot, last);
}

Outcome Evaluator::call_logic(const Command* command, bool stops_at, const Value* dot,
                              Outcome* last) {
    Outcome outcome;
    for (std::size_t i = 1; command != nullptr && i < command->terms.size(); ++i) {
        outcome = evaluate_operand(command->terms[i], dot);
        if (is_true(outcome.get()) == stops_at)
            return outcome;
    }
    return last != nullptr ? std::move(*last) : std::move(outcome);
}

Outcome Evaluator::call_builtin(const Command* command, const Term& term, const Value* dot,
                                Outcome* last) {
    boost::container::small_vector<Outcome, 4> outcomes;
    const std::size_t count = count_arguments(command, last);
    const bool string_first = term.builtin->kind == Builtin::Kind::string_first;
    outcomes.reserve(count);
    for (std::size_t i = 0; command != nullptr && i + 1 < command->terms.size(); ++i) {
        const Term& operand = command->terms[i + 1];
        outcomes.push_back(string_first && i == 0 ? evaluate_string(operand, dot)
                                                  : evaluate_operand(operand, dot));
        if (command->changes_variables)
            outcomes.back().detach();
    }
    if (last != nullptr) {
        if (string_first && count == 1)
            expect_string(last->get());
        outcomes.push_back(std::move(*last));
    }
    boost::container::small_vector<const Value*, 8> operands;
    for (const Outcome& outcome : outcomes)
        operands.push_back(outcome.get());
    for (const Value* operand : operands)
        spend_on(operand);
    // Builtins don't look at the trace of what is no value, or nil.
    const bool are_traces_seen = std::ranges::none_of(outcomes, [](const Outcome& outcome) {
        return outcome.value_or_nil().is_nil() && !outcome.trace().empty();
    });
    return finish_call(command, term,
                       term.builtin->call({operands.data(), operands.size()}, room()),
                       term.builtin->keeps_traces && are_traces_seen, [&] {
                           Trace trace;
                           for (const Outcome& outcome : outcomes)
                               trace = trace.with(deep_trace(outcome.value_or_nil()));
                           return trace;
                       });
}

/// An operand where only a string will do.
Outcome Evaluator::evaluate_string(const Term& term, const Value* dot) {
    at(term);
    const bool is_constant =
        term.kind == Term::Kind::constant || term.kind == Term::Kind::too_large;
    if (term.kind == Term::Kind::nil)
        fail_here("cannot assign nil to string");
    if (is_constant && term.constant.as<std::string>() == nullptr)
        fail_here("expected string; found {}", to_text(term));
    Outcome outcome = evaluate_operand(term, dot);
    expect_string(outcome.get());
    return outcome;
}

void Evaluator::expect_string(const Value* value) {
    if (value == nullptr)
        fail_here("invalid value; expected string");
    if (value->as<std::string>() == nullptr)
        fail_for(value->trace(), "wrong type for value; expected string; got {}", type_name(value));
}

Outcome Evaluator::call_function(const Command* command, const Term& term, const Value* dot,
                                 Outcome* last) {
    const Function& function = *term.function;
    const auto call = [&](std::span<const Value> arguments) {
        for (const Value& argument : arguments)
            spend_on(&argument);
        return finish_call(command, term, function(arguments), function.keeps_traces,
                           [&] { return deep_trace(arguments); });
    };
    const std::size_t count = count_arguments(command, last);
    if (count == 0)
        return call({});
    if (count == 1) { // needs no copy
        const Outcome argument =
            last != nullptr ? std::move(*last) : evaluate_operand(command->terms[1], dot);
        return call({&argument.value_or_nil(), 1});
    }
    Arguments arguments;
    evaluate_arguments(*command, dot, last, arguments);
    return call({arguments.data(), arguments.size()});
}

void Evaluator::evaluate_arguments(const Command& command, const Value* dot, Outcome* last,
                                   Arguments& arguments) {
    arguments.reserve(count_arguments(&command, last));
    for (std::size_t i = 1; i < command.terms.size(); ++i)
        arguments.push_back(evaluate_operand(command.terms[i], dot).take());
    if (last != nullptr)
        arguments.push_back(std::move(*last).take());
}

template <class Blame>
Outcome Evaluator::finish_call(const Command* command, const Term& term, Result<Value> result,
                               bool keeps_traces, Blame blame) {
    if (!result) {
        if (command != nullptr)
            at(*command);
        else
            at(term);
        const Trace all = std::exchange(inner_blame_, {}).with(blame());
        fail_for(all, "error calling {}: {}", term.text, result.error().message);
    }
    account(*result);
    if (!keeps_traces && result->as<bool>() == nullptr)
        stamp(*result, blame());
    return Outcome::own(std::move(*result));
}

} // namespace hitless::gotemplate
