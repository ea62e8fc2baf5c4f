#include "gotemplate/traces.hpp"

#include <algorithm>

namespace hitless::gotemplate {
namespace {

/// Functions are called with lists of thousands; a message names a few of their sources at most.
constexpr std::size_t most_elements = 16;
constexpr int deepest = 8;

Trace trace_within(const Value& value, int depth) {
    Trace trace = value.trace().whole();
    if (depth == deepest)
        return trace;
    const auto add = [&](const Value& element) {
        trace = trace.with(trace_within(element, depth + 1));
    };
    std::size_t count = 0;
    if (const auto* list = value.as<Value::ListPtr>()) {
        for (auto at = (*list)->begin(); at != (*list)->end() && count < most_elements;
             ++at, ++count)
            add(*at);
    } else if (const auto* map = value.as<Value::MapPtr>()) {
        for (auto at = (*map)->begin(); at != (*map)->end() && count < most_elements; ++at, ++count)
            add(at->second);
    } else if (const auto* object = value.as<Value::ObjectPtr>()) {
        for (const Field& field : (*object)->fields())
            add(field.value);
    }
    return trace;
}

} // namespace

Trace deep_trace(const Value& value) {
    return trace_within(value, 0);
}

Trace deep_trace(std::span<const Value> values) {
    Trace trace;
    for (const Value& value : values)
        trace = trace.with(deep_trace(value));
    return trace;
}

void stamp(Value& value, const Trace& trace) {
    if (trace.empty())
        return;
    if (const auto* list = value.as<Value::ListPtr>()) {
        List stamped(**list);
        for (Value& element : stamped)
            stamp(element, trace);
        Trace own = value.trace();
        value = std::move(stamped);
        value.set_trace(std::move(own));
    } else if (const auto* map = value.as<Value::MapPtr>()) {
        Map stamped(**map);
        for (auto& [key, element] : stamped)
            stamp(element, trace);
        Trace own = value.trace();
        value = std::move(stamped);
        value.set_trace(std::move(own));
    }
    if (value.trace().empty())
        value.set_trace(trace.whole());
}

} // namespace hitless::gotemplate
