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
        evaluator_.fail_too_deep();
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
        evaluator_.way_ = outer_->way_;
    }
    ~Nesting() {
        innermost = outer_;
        if (outer_ == nullptr)
            return;
        outer_->steps_ = evaluator_.steps_;
        outer_->made_ = evaluator_.made_ - outer_->out_.size();
        outer_->list_made_ = evaluator_.list_made_;
        for (LeftOut& left_out : evaluator_.left_out_)
            outer_->left_out_.push_back(
                {static_cast<std::uint32_t>(outer_->out_.size()), std::move(left_out.trouble)});
    }
    [[nodiscard]] bool is_outermost() const { return outer_ == nullptr; }
    void note_failure(const Trace& blame) const {
        if (outer_ != nullptr)
            outer_->inner_blame_ = blame;
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

  private:
    static thread_local Evaluator* innermost;
    Evaluator& evaluator_;
    Evaluator* outer_;
};

thread_local Evaluator* Evaluator::Nesting::innermost = nullptr;

Output Evaluator::run(const Value& data) {
    Output output;
    const Nesting nesting(*this);
    definition_ = program_.main;
    const std::size_t expected = program_.last_size;
    out_.reserve(expected + expected / 16);
    pieces_.reserve(program_.last_pieces + program_.last_pieces / 16);
    elements_.reserve(program_.last_elements + program_.last_elements / 16);
    try {
        call(*program_.main, data.is_nil() ? nullptr : &data);
    } catch (Failure& failure) {
        nesting.note_failure(failure.trouble.blame);
        output.failure = std::move(failure.trouble);
        return output;
    }
    program_.last_size = out_.size();
    program_.last_pieces = pieces_.size();
    program_.last_elements = elements_.size();
    output.text = std::move(out_);
    output.pieces = std::move(pieces_);
    output.elements = std::move(elements_);
    if (nesting.is_outermost())
        output.left_out = std::move(left_out_);
    return output;
}

void Evaluator::refuse(const Trace& blame, const std::string& message) {
    constexpr std::size_t longest = 300;
    std::string context = place_.text != nullptr ? place_.text(place_.node) : "";
    if (context.size() > longest)
        context = context.substr(0, longest) + "…";
    std::string what = fmt::format("<{}>: {}", context, message);
    throw Failure{{fmt::format("template: {}: executing {} at {}", program_.place(place_.position),
                               in_quotes(definition_->name), what),
                   what, program_.line_of(place_.position), blame}};
}

Evaluator::Progress Evaluator::progress() const {
    return {out_.size(), pieces_.size(), elements_.size(), left_out_.size(),
            steps_,      made_,          list_made_};
}

/// True when an element that began there has taken a good part of what the whole execution may
/// take, so that it is to blame when that is too much. What it took counts no longer, but for a few
/// times.
bool Evaluator::takes_most_since(const Progress& before) {
    constexpr int share = 4;
    const std::int64_t steps = steps_ - before.steps;
    const std::size_t bytes = out_.size() + made_ - before.text - before.made;
    if (steps < limits::steps / share && bytes < limits::bytes / share &&
        list_made_ - before.list_made < limits::list_bytes / share)
        return false;
    wasted_ += steps;
    if (wasted_ > limits::steps)
        return false;
    steps_ = before.steps;
    made_ = before.made;
    list_made_ = before.list_made;
    return true;
}

void Evaluator::go_back(const Progress& to) {
    out_.resize(to.text);
    pieces_.resize(to.pieces);
    elements_.resize(to.elements);
    left_out_.resize(to.left_out);
}

void Evaluator::fail_too_deep() {
    try {
        fail_here("exceeded maximum template depth ({})", limits::levels);
    } catch (Failure& failure) {
        failure.is_too_deep = true;
        throw;
    }
}

void Evaluator::spend(std::int64_t steps) {
    steps_ += steps;
    if (steps_ > limits::steps)
        fail_by_limit("the template needs more than {} steps", limits::steps);
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
    list_made_ += list.size() * sizeof(Value);
    if (list.prints != nullptr) { // objects of a key and a value, kept elsewhere
        list_made_ += list.size() * 2 * sizeof(Field);
        return check_made();
    }
    for (const Value& element : list) {
        if (const auto* text = element.as<std::string>())
            list_made_ += text->size();
        else if (const auto* object = element.as<Value::ObjectPtr>())
            list_made_ += (*object)->fields().size() * sizeof(Field);
    }
    check_made();
}

void Evaluator::check_made() {
    if (out_.size() + made_ > limits::bytes)
        fail_by_limit("the template makes more than {} bytes", limits::bytes);
    if (list_made_ > limits::list_bytes)
        fail_by_limit("the template makes lists of more than {} bytes", limits::list_bytes);
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
    // An error may end this call and no more than that.
    struct Outer {
        Evaluator& evaluator;
        const Definition* definition;
        Frame* frame;
        ~Outer() {
            evaluator.definition_ = definition;
            evaluator.frame_ = frame;
        }
    } const outer{*this, std::exchange(definition_, &definition), std::exchange(frame_, &frame)};
    walk(definition.body, dot);
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
                fail_by_limit("the template makes more than {} bytes", limits::bytes);
            break;
        case Node::Kind::action: {
            const Outcome outcome = evaluate(*node.pipe, dot);
            if (node.pipe->declarations.empty()) {
                at(node);
                print(node, outcome);
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
    struct Outer {
        Trace& now;
        Trace before;
        ~Outer() { now = before; }
    } const outer{no_dot_, std::exchange(no_dot_, outcome.trace())};
    call(*node.definition, outcome.get());
}

void Evaluator::print(const Node& node, const Outcome& outcome) {
    if (outcome.get() != nullptr) {
        print_value(node, *outcome.get());
    } else {
        if (way_.leaves_out && outcome.trace().is_untrusted())
            fail_for(outcome.trace(), "there is no value to print");
        const std::size_t begin = out_.size();
        out_ += "<no value>";
        note_pieces(node, outcome.trace(), begin);
    }
    if (room() == 0)
        fail_by_limit("the template makes more than {} bytes", limits::bytes);
}

void Evaluator::print_value(const Node& node, const Value& value) {
    const std::size_t begin = out_.size();
    if (const auto* text = value.as<std::string>()) {
        out_ += *text;
        note_pieces(node, value.trace(), begin);
    } else if (const auto* number = value.as<std::int64_t>()) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), *number).ptr;
        out_.append(digits.data(), end);
        note_pieces(node, value.trace(), begin);
    } else {
        std::vector<Piece> pieces;
        if (!append_printed(out_, &value, out_.size() + room(), &pieces))
            fail_for(value.trace(), "the value is too long or too deep to print");
        std::ranges::stable_sort(pieces, {}, &Piece::begin);
        for (const Piece& piece : pieces)
            note_piece(node, {piece.begin, piece.end, piece.source, 0});
    }
}

/// What was printed from `begin` on has this trace. All that the gate refuses of it is to blame.
void Evaluator::note_pieces(const Node& node, const Trace& trace, std::size_t begin) {
    if (trace.empty())
        return;
    const auto offset = static_cast<std::uint32_t>(begin);
    if (!trace.is_mixed()) {
        note_piece(node, {offset, static_cast<std::uint32_t>(out_.size()), trace.first(), 0});
        return;
    }
    std::vector<Piece> refused;
    std::string why;
    trace.for_each(out_.size() - begin, [&](const Piece& piece) {
        pieces_.push_back({offset + piece.begin, offset + piece.end, piece.source,
                           static_cast<std::uint32_t>(node.position)});
        if (auto flaw = flaw_of(pieces_.back())) {
            refused.push_back({0, Piece::whole, piece.source});
            why = why.empty() ? *flaw : why;
        }
    });
    if (!refused.empty())
        fail_for(Trace(std::move(refused)), "{}", why);
}

void Evaluator::note_piece(const Node& node, const PrintedPiece& piece) {
    pieces_.push_back(piece);
    pieces_.back().action = static_cast<std::uint32_t>(node.position);
    if (way_.gate == nullptr)
        return;
    if (auto flaw = flaw_of(piece))
        fail_for(Trace(piece.source), "{}", *flaw);
}

/// What the gate has against a piece of the output.
std::optional<std::string> Evaluator::flaw_of(const PrintedPiece& piece) const {
    if (way_.gate == nullptr || !is_untrusted(piece.source))
        return std::nullopt;
    const std::string_view text =
        std::string_view(out_).substr(piece.begin, piece.end - piece.begin);
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (std::ranges::all_of(text, is_plain))
        return std::nullopt;
    return (*way_.gate)(text, piece.source);
}

} // namespace hitless::gotemplate
