#include "gotemplate/evaluator.hpp"
#include "gotemplate/print.hpp"
#include "gotemplate/prints.hpp"

#include <algorithm>

namespace hitless::gotemplate {
namespace {

/// What can be kept, and told to be the same without a doubt: not floats (0 and -0), nor what is
/// shared with others, which may change it.
bool is_plain(const Value& value) {
    return value.is_nil() || value.as<bool>() != nullptr || value.as<std::int64_t>() != nullptr ||
           value.as<std::string>() != nullptr;
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
        has_run = walk_list(node, **list);
    } else if (const auto* map = value->as<Value::MapPtr>()) {
        has_run = walk_map(node, **map);
    } else if (const auto* count = value->as<std::int64_t>()) {
        has_run = walk_integers(node, *count);
    } else {
        fail_here("range can't iterate over {}", print_plainly(value));
    }
    return has_run ? Flow::normal : walk(node.otherwise, dot);
}

bool Evaluator::walk_list(const Node& node, const List& list) {
    if (node.inputs && list.prints && walk_known_list(node, list))
        return !list.empty();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Value index(static_cast<std::int64_t>(i));
        if (walk_once(node, &index, &list[i]) == Flow::break_)
            break;
    }
    return !list.empty();
}

bool Evaluator::walk_map(const Node& node, const Map& map) {
    for (const auto& [key, element] : map) {
        const Value index(key);
        if (walk_once(node, &index, &element) == Flow::break_)
            break;
    }
    return !map.empty();
}

bool Evaluator::walk_integers(const Node& node, std::int64_t count) {
    if (node.pipe->declarations.size() > 1)
        fail_here("can't use {} to iterate over more than one variable", count);
    for (std::int64_t i = 0; i < count; ++i) {
        const Value element(i);
        if (walk_once(node, nullptr, &element) == Flow::break_)
            break;
    }
    return count > 0;
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
bool Evaluator::walk_known_list(const Node& node, const List& list) {
    Prints::Body now;
    for (const int slot : node.inputs->slots) {
        const Variable& variable = (*frame_)[static_cast<std::size_t>(slot)];
        if (!variable.is_declared || !is_plain(variable.value))
            return false;
        now.variables.emplace_back(variable.has_value);
        now.variables.push_back(variable.value);
    }
    Prints::Body& last = list.prints->body(node.inputs->id);
    if (!std::ranges::equal(last.variables, now.variables, same_value))
        last = {};
    const KnownPrints known(*list.prints, last, list);
    const std::size_t start = out_.size();
    now.prints.reserve(list.size());
    const auto take = [&](const KnownPrints::Run& run) {
        now.prints.insert(now.prints.end(), run.prints.begin(), run.prints.end());
        print_again(run);
    };
    take(known.front());
    const std::size_t end = list.size() - known.back().prints.size();
    for (std::size_t i = known.front().prints.size(); i < end; ++i) {
        const Object* const element = list.prints->identity(list[i]);
        if (const auto run = known.find(element); !run.prints.empty()) {
            take(run);
            continue;
        }
        const Prints::Print before{element, out_.size(), steps_, made_, list_made_};
        const Value index(static_cast<std::int64_t>(i));
        walk_once(node, &index, &list[i]);
        now.prints.push_back({element, out_.size() - before.size, steps_ - before.steps,
                              made_ - before.made, list_made_ - before.list_made});
    }
    take(known.back());
    now.text.assign(out_, start);
    last = std::move(now);
    return true;
}

/// Prints what was printed before, and takes what that took.
void Evaluator::print_again(const KnownPrints::Run& run) {
    out_ += run.text;
    std::int64_t steps = 0;
    for (const Prints::Print& print : run.prints) {
        steps += print.steps;
        made_ += print.made;
        list_made_ += print.list_made;
    }
    spend(steps);
    check_made();
}

} // namespace hitless::gotemplate
