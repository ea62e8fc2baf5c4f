#include "gotemplate/evaluator.hpp"
#include "gotemplate/print.hpp"
#include "gotemplate/prints.hpp"
#include "gotemplate/traces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

namespace hitless::gotemplate {
namespace {

/// What can be kept, and told to be the same without a doubt: not floats (0 and -0), nor what is
/// shared with others, which may change it.
bool is_plain(const Value& value) {
    return value.is_nil() || value.as<bool>() != nullptr || value.as<std::int64_t>() != nullptr ||
           value.as<std::string>() != nullptr;
}

/// The untrusted sources that are to blame for each of them.
Trace common_blame(std::span<const LeftOut> all) {
    std::vector<Piece> common;
    all.front().trouble->blame.for_each(0, [&](const Piece& piece) {
        const Trace source(piece.source);
        const auto is_to_blame = [&](const LeftOut& one) {
            return source.shares_untrusted(one.trouble->blame);
        };
        if (std::ranges::all_of(all, is_to_blame))
            common.push_back({0, Piece::whole, piece.source});
    });
    return Trace(std::move(common));
}

} // namespace

Evaluator::Flow Evaluator::walk_range(const Node& node, const Value* dot) {
    const Level level(*this);
    Outcome outcome = evaluate(*node.pipe, dot);
    outcome.detach(); // the body may change the variable that the value lives in
    const Value* const value = outcome.get();
    bool has_run = false;
    if (value == nullptr) {
        // Acts like what is empty.
    } else if (const auto* list = value->as<Value::ListPtr>()) {
        has_run = walk_list(node, **list, value->trace());
    } else if (const auto* map = value->as<Value::MapPtr>()) {
        has_run = walk_map(node, **map, value->trace());
    } else if (const auto* count = value->as<std::int64_t>()) {
        has_run = walk_integers(node, *count, value->trace());
    } else {
        fail_for(value->trace(), "range can't iterate over {}", print_plainly(value));
    }
    return has_run ? Flow::normal : walk(node.otherwise, dot);
}

bool Evaluator::walk_list(const Node& node, const List& list, const Trace& trace) {
    if (node.inputs && list.prints && walk_known_list(node, list, trace))
        return !list.empty();
    Tally tally{left_out_.size(), 0, 0};
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Value index(static_cast<std::int64_t>(i));
        if (walk_element(node, &index, &list[i], tally) == Flow::break_)
            break;
    }
    refuse_all(tally, trace);
    return !list.empty();
}

bool Evaluator::walk_map(const Node& node, const Map& map, const Trace& trace) {
    Tally tally{left_out_.size(), 0, 0};
    const Trace of_keys = trace.whole();
    for (const auto& [key, element] : map) {
        const Value index = Value(key).from(of_keys);
        if (walk_element(node, &index, &element, tally) == Flow::break_)
            break;
    }
    refuse_all(tally, trace);
    return !map.empty();
}

bool Evaluator::walk_integers(const Node& node, std::int64_t count, const Trace& trace) {
    if (node.pipe->declarations.size() > 1)
        fail_for(trace, "can't use {} to iterate over more than one variable", count);
    Tally tally{left_out_.size(), 0, 0};
    for (std::int64_t i = 0; i < count; ++i) {
        const Value element = Value(i).from(trace);
        if (walk_element(node, nullptr, &element, tally) == Flow::break_)
            break;
    }
    return count > 0;
}

namespace {

/// The source of a range's element, an untrusted one before others.
SourceId source_of(const Value& element, const Value* index) {
    SourceId source = element.trace().first();
    if (const auto* object = element.as<Value::ObjectPtr>();
        source == no_source && object != nullptr && !(*object)->fields().empty())
        source = (*object)->fields().front().value.trace().first();
    if (source == no_source)
        source = deep_trace(element).first();
    return source == no_source && index != nullptr ? index->trace().first() : source;
}

} // namespace

/// An element that a value of its own has spoilt costs itself. A value from elsewhere would cost
/// every element, so that one costs what is around the range.
Evaluator::Flow Evaluator::walk_element(const Node& node, const Value* index, const Value* element,
                                        Tally& tally) {
    ++tally.elements;
    if (!way_.leaves_out)
        return walk_once(node, index, element);
    const Progress before = progress();
    const auto begin = static_cast<std::uint32_t>(out_.size());
    Frame variables;
    if (node.changes_variables)
        variables = *frame_;
    elements_.push_back(
        {begin, begin, static_cast<std::uint32_t>(node.position), source_of(*element, index)});
    try {
        const Flow flow = walk_once(node, index, element);
        elements_[before.elements].end = static_cast<std::uint32_t>(out_.size());
        if (out_.size() == begin)
            elements_.resize(before.elements);
        return flow;
    } catch (Failure& failure) {
        Trace own = deep_trace(*element);
        if (index != nullptr)
            own = own.with(index->trace());
        if (own.is_untrusted() &&
            (failure.is_too_deep || (failure.is_limit && takes_most_since(before))))
            failure.trouble.blame = own;
        if (!own.shares_untrusted(failure.trouble.blame))
            throw;
        go_back(before);
        if (node.changes_variables)
            *frame_ = std::move(variables);
        left_out_.push_back({begin, std::make_shared<const Trouble>(std::move(failure.trouble))});
        ++tally.left_out;
        return Flow::normal;
    }
}

/// Where not one of several elements is usable, the template is more likely to blame than all of
/// their values, and what was there before had better stay.
void Evaluator::refuse_all(const Tally& tally, const Trace& trace) {
    if (tally.elements < 2 || tally.left_out < tally.elements)
        return;
    const Trouble& first = *left_out_[tally.first_left_out].trouble;
    // Unless one value has made all of them.
    const Trace common = common_blame(std::span(left_out_).subspan(tally.first_left_out));
    const Failure failure{
        {fmt::format("not one of {} elements is usable, so look at the template; the first: {}",
                     tally.elements, first.message),
         first.what, first.line, (common.empty() ? first.blame : common).with(trace),
         common.empty()}};
    throw failure;
}

Evaluator::Flow Evaluator::walk_once(const Node& node, const Value* index, const Value* element) {
    spend(1);
    const std::vector<Declaration>& declarations = node.pipe->declarations;
    if (!declarations.empty())
        find(declarations.back().variable)->set(element);
    if (declarations.size() > 1)
        find(declarations.front().variable)->set(index);
    return walk(node.body, element);
}

/// Executes the body only for the elements that it wasn't executed for the last time. False, and
/// nothing is done, when what it depends on isn't known.
bool Evaluator::walk_known_list(const Node& node, const List& list, const Trace& trace) {
    Prints::Body& body = list.prints->body(node.inputs->id);
    std::vector<Value> variables;
    for (const int slot : node.inputs->slots) {
        const Variable& variable = (*frame_)[static_cast<std::size_t>(slot)];
        if (!variable.is_declared || !is_plain(variable.value))
            return false;
        variables.emplace_back(variable.has_value);
        variables.push_back(variable.value);
    }
    const auto is_same = [](const Value& a, const Value& b) {
        return same_value(a, b) && a.trace() == b.trace();
    };
    const bool is_gated = way_.gate != nullptr;
    if (body.is_gated != is_gated || body.leaves_out != way_.leaves_out ||
        !std::ranges::equal(body.variables, variables, is_same)) {
        body.clear();
        body.is_gated = is_gated;
        body.leaves_out = way_.leaves_out;
        body.variables = std::move(variables);
    }
    const KnownPrints known(*list.prints, body, list);
    const std::size_t start = out_.size();
    Tally tally{left_out_.size(), 0, 0};
    const auto take = [&](const KnownPrints::Run& run) {
        tally.elements += run.prints.size();
        tally.left_out += run.sum.elements_left_out;
        print_again(run);
    };
    take(known.front());
    const Progress begin = progress();
    Prints::Body between;
    const std::size_t end = list.size() - known.back().prints.size();
    for (std::size_t i = known.front().prints.size(); i < end; ++i) {
        const Object* const element = list.prints->identity(list[i]);
        if (const auto run = known.find(element); !run.prints.empty()) {
            take(run);
            between.prints.push_back(run.prints.front());
            continue;
        }
        const Progress before = progress();
        const Value index(static_cast<std::int64_t>(i));
        const std::size_t left_out_before = tally.left_out;
        walk_element(node, &index, &list[i], tally);
        const auto grown = [](std::size_t to, std::size_t from) {
            return static_cast<std::uint32_t>(to - from);
        };
        between.prints.push_back(
            {element, steps_ - before.steps, made_ - before.made, list_made_ - before.list_made,
             grown(out_.size(), before.text), grown(pieces_.size(), before.pieces),
             grown(elements_.size(), before.elements), grown(left_out_.size(), before.left_out),
             tally.left_out > left_out_before});
    }
    add_since(begin, start, between);
    const Prints::Sum front = known.front().sum;
    const Prints::Sum back = known.back().sum;
    const std::size_t front_count = known.front().prints.size();
    take(known.back());
    refuse_all(tally, trace);
    body.replace(front, back, front_count, list.size() - end, std::move(between));
    return true;
}

/// Adds what was printed since then, with its places from `start` on.
void Evaluator::add_since(const Progress& begin, std::size_t start, Prints::Body& to) const {
    to.text.assign(out_, begin.text);
    const auto from = static_cast<std::uint32_t>(start);
    for (std::size_t i = begin.pieces; i < pieces_.size(); ++i) {
        PrintedPiece& piece = to.pieces.emplace_back(pieces_[i]);
        piece.begin -= from;
        piece.end -= from;
    }
    for (std::size_t i = begin.elements; i < elements_.size(); ++i) {
        Element& element = to.elements.emplace_back(elements_[i]);
        element.begin -= from;
        element.end -= from;
    }
    for (std::size_t i = begin.left_out; i < left_out_.size(); ++i)
        to.left_out.push_back({left_out_[i].at - from, left_out_[i].trouble});
}

/// Prints what was printed before, and takes what that took.
void Evaluator::print_again(const KnownPrints::Run& run) {
    // Unsigned arithmetic wraps around, so that this moves to both sides.
    const auto move = static_cast<std::uint32_t>(out_.size()) - run.begin;
    out_ += run.text;
    const auto append_moved = [move](auto& to, const auto& from) {
        const std::size_t before = to.size();
        to.insert(to.end(), from.begin(), from.end());
        for (std::size_t i = before; move != 0 && i < to.size(); ++i) {
            to[i].begin += move;
            to[i].end += move;
        }
    };
    append_moved(pieces_, run.pieces);
    append_moved(elements_, run.elements);
    for (const LeftOut& left_out : run.left_out)
        left_out_.push_back({left_out.at + move, left_out.trouble});
    made_ += run.sum.made;
    list_made_ += run.sum.list_made;
    spend(run.sum.steps);
    check_made();
}

} // namespace hitless::gotemplate
