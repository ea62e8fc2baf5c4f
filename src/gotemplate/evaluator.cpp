#include "gotemplate/evaluator.hpp"

#include "gotemplate/limits.hpp"
#include "gotemplate/print.hpp"
#include "gotemplate/quote.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace hitless::gotemplate {

Evaluator::Level::Level(Evaluator& evaluator) : evaluator_(evaluator) {
    if (evaluator_.level_ >= limits::levels)
        evaluator_.fail_here("exceeded maximum template depth ({})", limits::levels);
    ++evaluator_.level_;
}

/// Executions within each other, as when a function executes another template, share their limits.
class Evaluator::Nesting {
  public:
    explicit Nesting(Evaluator& evaluator)
        : evaluator_(evaluator), outer_(std::exchange(innermost, &evaluator)) {
        if (outer_ == nullptr)
            return;
        evaluator_.steps_ = outer_->steps_;
        evaluator_.made_ = outer_->made_ + outer_->out_.size();
        evaluator_.list_made_ = outer_->list_made_;
        evaluator_.level_ = outer_->level_;
    }
    ~Nesting() {
        innermost = outer_;
        if (outer_ == nullptr)
            return;
        outer_->steps_ = evaluator_.steps_;
        outer_->made_ = evaluator_.made_ - outer_->out_.size();
        outer_->list_made_ = evaluator_.list_made_;
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

  private:
    static thread_local Evaluator* innermost;
    Evaluator& evaluator_;
    Evaluator* outer_;
};

thread_local Evaluator* Evaluator::Nesting::innermost = nullptr;

Result<std::string> Evaluator::run(const Value& data) {
    const Nesting nesting(*this);
    definition_ = program_.main;
    const std::size_t expected = program_.last_size;
    out_.reserve(expected + expected / 16);
    try {
        call(*program_.main, data.is_nil() ? nullptr : &data);
    } catch (Failure& failure) {
        return Error{std::move(failure.message)};
    }
    program_.last_size = out_.size();
    return std::move(out_);
}

void Evaluator::refuse(const std::string& message) {
    constexpr std::size_t longest = 300;
    std::string context = place_.text != nullptr ? place_.text(place_.node) : "";
    if (context.size() > longest)
        context = context.substr(0, longest) + "…";
    throw Failure{fmt::format("template: {}: executing {} at <{}>: {}",
                              program_.place(place_.position), in_quotes(definition_->name),
                              context, message)};
}

void Evaluator::spend(std::int64_t steps) {
    steps_ += steps;
    if (steps_ > limits::steps)
        fail_here("the template needs more than {} steps", limits::steps);
}

/// A function reads its operands, which may be long. Of a list most take the length or one element.
void Evaluator::spend_on(const Value* operand) {
    constexpr std::size_t bytes_a_step = 64;
    constexpr std::size_t elements_a_step = 64;
    if (operand == nullptr)
        return;
    if (const auto* text = operand->as<std::string>())
        spend(static_cast<std::int64_t>(text->size() / bytes_a_step));
    else if (const auto* list = operand->as<Value::ListPtr>())
        spend(static_cast<std::int64_t>((*list)->size() / elements_a_step));
}

std::size_t Evaluator::room() const {
    const std::size_t used = out_.size() + made_;
    return used < limits::bytes ? limits::bytes - used : 0;
}

void Evaluator::account(const Value& value) {
    if (const auto* text = value.as<std::string>())
        made_ += text->size();
    else if (const auto* list = value.as<Value::ListPtr>())
        account_list(**list);
    else if (const auto* map = value.as<Value::MapPtr>())
        spend(static_cast<std::int64_t>((*map)->size()));
    check_made();
}

void Evaluator::account_list(const List& list) {
    spend(static_cast<std::int64_t>(list.size()));
    for (const Value& element : list) {
        list_made_ += sizeof(Value);
        if (const auto* text = element.as<std::string>())
            list_made_ += text->size();
        else if (const auto* object = element.as<Value::ObjectPtr>())
            list_made_ += (*object)->fields().size() * sizeof(Field);
    }
    check_made();
}

void Evaluator::check_made() {
    if (out_.size() + made_ > limits::bytes)
        fail_here("the template makes more than {} bytes", limits::bytes);
    if (list_made_ > limits::list_bytes)
        fail_here("the template makes lists of more than {} bytes", limits::list_bytes);
}

void Evaluator::Variable::set(const Value* from) {
    is_declared = true;
    has_value = from != nullptr;
    // The source may live within the old value, so that one has to last until the copy is made.
    value = from != nullptr ? Value(*from) : Value();
}

void Evaluator::call(const Definition& definition, const Value* dot) {
    const Level level(*this);
    Frame frame(static_cast<std::size_t>(definition.slots));
    frame.front().set(dot);
    const Definition* const outer_definition = std::exchange(definition_, &definition);
    Frame* const outer_frame = std::exchange(frame_, &frame);
    walk(definition.body, dot);
    definition_ = outer_definition;
    frame_ = outer_frame;
}

Evaluator::Flow Evaluator::walk(const NodeList& nodes, const Value* dot) {
    Flow flow = Flow::normal;
    for (const Node& node : nodes) {
        spend(1);
        at(node);
        switch (node.kind) {
        case Node::Kind::text:
            out_ += node.text;
            if (room() == 0)
                fail_here("the template makes more than {} bytes", limits::bytes);
            break;
        case Node::Kind::action: {
            const Outcome outcome = evaluate(*node.pipe, dot);
            if (node.pipe->declarations.empty()) {
                at(node);
                print(outcome.get());
            }
            break;
        }
        case Node::Kind::if_:
        case Node::Kind::with:
            flow = walk_branch(node, dot);
            break;
        case Node::Kind::range:
            flow = walk_range(node, dot);
            break;
        case Node::Kind::template_:
            walk_template(node, dot);
            break;
        case Node::Kind::break_:
            return Flow::break_;
        case Node::Kind::continue_:
            return Flow::continue_;
        }
        if (flow != Flow::normal)
            break;
    }
    return flow;
}

Evaluator::Flow Evaluator::walk_branch(const Node& node, const Value* dot) {
    const Level level(*this);
    Outcome outcome = evaluate(*node.pipe, dot);
    if (!is_true(outcome.get()))
        return walk(node.otherwise, dot);
    if (node.kind == Node::Kind::if_)
        return walk(node.body, dot);
    outcome.detach(); // the body may change the variable that the value lives in
    return walk(node.body, outcome.get());
}

void Evaluator::walk_template(const Node& node, const Value* dot) {
    if (!node.definition->defined)
        fail_here("template {} not defined", in_quotes(node.name));
    Outcome outcome;
    if (node.pipe)
        outcome = evaluate(*node.pipe, dot);
    outcome.detach();
    call(*node.definition, outcome.get());
}

void Evaluator::print(const Value* value) {
    if (value == nullptr) {
        out_ += "<no value>";
    } else if (const auto* text = value->as<std::string>()) {
        out_ += *text;
    } else if (const auto* number = value->as<std::int64_t>()) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), *number).ptr;
        out_.append(digits.data(), end);
    } else if (!append_printed(out_, value, out_.size() + room())) {
        fail_here("the value is too long or too deep to print");
    }
    if (room() == 0)
        fail_here("the template makes more than {} bytes", limits::bytes);
}

} // namespace hitless::gotemplate
