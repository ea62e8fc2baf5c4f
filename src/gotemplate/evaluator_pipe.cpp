#include "gotemplate/evaluator.hpp"
#include "gotemplate/limits.hpp"
#include "gotemplate/traces.hpp"

namespace hitless::gotemplate {

Outcome Evaluator::evaluate(const Pipe& pipe, const Value* dot) {
    at(pipe);
    Outcome outcome = evaluate(pipe.commands.front(), dot, nullptr);
    settle(pipe, outcome);
    for (std::size_t i = 1; i < pipe.commands.size(); ++i) {
        outcome = evaluate(pipe.commands[i], dot, &outcome);
        settle(pipe, outcome);
    }
    if (!pipe.declarations.empty())
        declare(pipe, outcome);
    return outcome;
}

/// Between commands a nil in a list or map is as good as none.
void Evaluator::settle(const Pipe& pipe, Outcome& outcome) {
    if (outcome.get() != nullptr && outcome.get()->is_nil())
        outcome = Outcome::nothing(outcome.get()->trace());
    if (pipe.changes_variables)
        outcome.detach();
}

void Evaluator::declare(const Pipe& pipe, Outcome& outcome) {
    for (const Declaration& declaration : pipe.declarations) {
        Variable* variable = nullptr;
        if (pipe.assigns)
            variable = find(declaration.variable);
        else
            variable = &(*frame_)[static_cast<std::size_t>(declaration.variable.slot)];
        if (variable == nullptr)
            fail_here("undefined variable: {}", declaration.name);
        variable->set(outcome.get());
        if (outcome.get() == nullptr)
            variable->value.set_trace(outcome.trace());
    }
}

Evaluator::Variable* Evaluator::find(const VariableSlot& variable) {
    if (variable.slot == VariableSlot::none)
        return nullptr;
    Variable* found = &(*frame_)[static_cast<std::size_t>(variable.slot)];
    for (std::size_t i = 0; !found->is_declared && i < variable.fallbacks.size(); ++i)
        found = &(*frame_)[static_cast<std::size_t>(variable.fallbacks[i])];
    return found->is_declared ? found : nullptr;
}

Outcome Evaluator::evaluate(const Command& command, const Value* dot, Outcome* last) {
    spend(1);
    for (int slot = command.first_slot; slot < command.last_slot; ++slot)
        (*frame_)[static_cast<std::size_t>(slot)].is_declared = false;
    const Term& term = command.terms.front();
    switch (term.kind) {
    case Term::Kind::field:
        at(term);
        return evaluate_fields(&command, term, of_dot(dot), dot, last);
    case Term::Kind::chain:
        return evaluate_chain(&command, term, dot, last);
    case Term::Kind::function:
        return evaluate_call(&command, term, dot, last);
    case Term::Kind::variable:
        return evaluate_variable(&command, term, dot, last);
    case Term::Kind::pipe:
        refuse_arguments(command, last);
        return evaluate_operand(term, dot);
    default:
        at(term);
        refuse_arguments(command, last);
        if (term.kind == Term::Kind::nil)
            fail_here("nil is not a command");
        return evaluate_operand(term, dot);
    }
}

void Evaluator::refuse_arguments(const Command& command, const Outcome* last) {
    if (command.terms.size() > 1 || last != nullptr)
        fail_here("can't give argument to non-function {}", to_text(command.terms.front()));
}

Outcome Evaluator::evaluate_operand(const Term& term, const Value* dot) {
    at(term);
    switch (term.kind) {
    case Term::Kind::dot:
        return of_dot(dot);
    case Term::Kind::nil:
        return {};
    case Term::Kind::constant:
        return Outcome::borrow(&term.constant);
    case Term::Kind::too_large:
        fail_here("{} overflows int", term.text);
    case Term::Kind::field:
        return evaluate_fields(nullptr, term, of_dot(dot), dot, nullptr);
    case Term::Kind::variable:
        return evaluate_variable(nullptr, term, dot, nullptr);
    case Term::Kind::function:
        return evaluate_call(nullptr, term, dot, nullptr);
    case Term::Kind::chain:
        return evaluate_chain(nullptr, term, dot, nullptr);
    case Term::Kind::pipe:
        break;
    }
    return evaluate(*term.pipe, dot); // as deep as the text nests at most, which the parser limits
}

Outcome Evaluator::evaluate_variable(const Command* command, const Term& term, const Value* dot,
                                     Outcome* last) {
    at(term);
    const Variable* const variable = find(term.variable);
    if (variable == nullptr)
        fail_here("undefined variable: {}", term.text);
    Outcome outcome = variable->has_value ? Outcome::borrow(&variable->value)
                                          : Outcome::nothing(variable->value.trace());
    if (!term.fields.empty())
        return evaluate_fields(command, term, std::move(outcome), dot, last);
    if (command != nullptr)
        refuse_arguments(*command, last);
    return outcome;
}

Outcome Evaluator::evaluate_chain(const Command* command, const Term& term, const Value* dot,
                                  Outcome* last) {
    at(term);
    Outcome receiver = evaluate_operand(*term.inner, dot);
    return evaluate_fields(command, term, std::move(receiver), dot, last);
}

/// The fields of `receiver`, one after the other; the last one may be a method with arguments.
Outcome Evaluator::evaluate_fields(const Command* command, const Term& term, Outcome receiver,
                                   const Value* dot, Outcome* last) {
    for (std::size_t i = 0; i + 1 < term.fields.size(); ++i)
        receiver = evaluate_field(term, term.fields[i], std::move(receiver));
    const bool has_arguments = last != nullptr || (command != nullptr && command->terms.size() > 1);
    if (has_arguments && receiver.get() != nullptr)
        return evaluate_method(*command, term, std::move(receiver), dot, last);
    return evaluate_field(term, term.fields.back(), std::move(receiver));
}

Outcome Evaluator::evaluate_field(const Term& term, std::string_view name, Outcome receiver) {
    const Value* const value = receiver.get();
    if (value == nullptr)
        return receiver;
    // What lives in a value that ends here needs a copy.
    const auto found = [&](const Value& member) {
        return receiver.is_own() ? Outcome::own(member) : Outcome::borrow(&member);
    };
    if (const auto* map = value->as<Value::MapPtr>()) {
        const auto entry = (*map)->find(name);
        return entry != (*map)->end() ? found(entry->second) : Outcome::nothing(value->trace());
    }
    if (const auto* object = value->as<Value::ObjectPtr>()) {
        for (const Field& field : (*object)->fields()) {
            if (field.name == name)
                return found(field.value);
        }
        return call_method(**object, term, name, {});
    }
    refuse_field(name, value);
}

Outcome Evaluator::evaluate_method(const Command& command, const Term& term, Outcome receiver,
                                   const Value* dot, Outcome* last) {
    receiver.detach(); // the arguments may change the variable that it lives in
    const Value* const value = receiver.get();
    const std::string_view name = term.fields.back();
    if (value->as<Value::MapPtr>() != nullptr)
        fail_for(value->trace(), "{} is not a method but has arguments", name);
    const auto* object = value->as<Value::ObjectPtr>();
    if (object == nullptr)
        refuse_field(name, value);
    for (const Field& field : (*object)->fields()) {
        if (field.name == name)
            fail_here("{} has arguments but cannot be invoked as function", name);
    }
    Arguments arguments;
    evaluate_arguments(command, dot, last, arguments);
    return call_method(**object, term, name, {arguments.data(), arguments.size()});
}

Outcome Evaluator::call_method(const Object& object, const Term& term, std::string_view name,
                               std::span<const Value> arguments) {
    auto result = object.member(name, arguments);
    if (!result)
        fail_here("can't evaluate field {} in type {}", name, object.type_name());
    if (!*result) {
        at(term);
        fail_for(deep_trace(arguments), "error calling {}: {}", name, result->error().message);
    }
    account(**result);
    stamp(**result, deep_trace(arguments));
    return Outcome::own(std::move(**result));
}

void Evaluator::refuse_field(std::string_view name, const Value* value) {
    if (value->is_nil())
        fail_for(value->trace(), "nil pointer evaluating interface {{}}.{}", name);
    fail_for(value->trace(), "can't evaluate field {} in type {}", name, type_name(value));
}

} // namespace hitless::gotemplate
