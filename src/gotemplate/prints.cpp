#include "gotemplate/prints.hpp"

#include <algorithm>

namespace hitless::gotemplate {

std::shared_ptr<Prints> keep_prints(std::shared_ptr<const void> owner) {
    return std::make_shared<Prints>(std::move(owner));
}

void Prints::Sum::add(const Print& print) {
    steps += print.steps;
    made += print.made;
    list_made += print.list_made;
    text += print.size;
    pieces += print.pieces;
    elements += print.elements;
    left_out += print.left_out;
    elements_left_out += print.is_left_out ? 1 : 0;
}

/// Keeps the memory.
void Prints::Body::clear() {
    variables.clear();
    prints.clear();
    text.clear();
    pieces.clear();
    elements.clear();
    left_out.clear();
}

namespace {

/// Puts `between` in the place of what is between the first and the last ones.
template <class All>
void put_between(All& all, std::size_t front, std::size_t back, const All& between) {
    const std::size_t old = all.size() - front - back;
    const auto same = static_cast<std::ptrdiff_t>(std::min(old, between.size()));
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(front);
    std::copy_n(between.begin(), same, begin);
    if (old > between.size())
        all.erase(begin + same, begin + static_cast<std::ptrdiff_t>(old));
    else
        all.insert(begin + same, between.begin() + same, between.end());
}

/// Moves the places of the last `count` of them. Unsigned arithmetic wraps around, so that
/// this moves to both sides.
template <class All>
void move_last(All& all, std::size_t count, std::uint32_t by) {
    if (by == 0)
        return;
    for (std::size_t i = all.size() - count; i < all.size(); ++i) {
        all[i].begin += by;
        all[i].end += by;
    }
}

} // namespace

void Prints::Body::replace(const Sum& front, const Sum& back, std::size_t front_count,
                           std::size_t back_count, Body between) {
    const auto by = static_cast<std::uint32_t>(front.text + between.text.size() + back.text) -
                    static_cast<std::uint32_t>(text.size());
    move_last(pieces, back.pieces, by);
    move_last(elements, back.elements, by);
    for (std::size_t i = left_out.size() - back.left_out; i < left_out.size(); ++i)
        left_out[i].at += by;
    put_between(prints, front_count, back_count, between.prints);
    put_between(text, front.text, back.text, between.text);
    put_between(pieces, front.pieces, back.pieces, between.pieces);
    put_between(elements, front.elements, back.elements, between.elements);
    put_between(left_out, front.left_out, back.left_out, between.left_out);
}

namespace {

template <class List>
List take(List& list, std::size_t count) {
    const List taken(list.data(), count);
    list = List(list.data() + count, list.size() - count);
    return taken;
}

} // namespace

KnownPrints::Run KnownPrints::Run::take_front(std::size_t count, const Prints::Sum& of_front) {
    Run taken;
    taken.prints = take(prints, count);
    taken.text = take(text, of_front.text);
    taken.pieces = take(pieces, of_front.pieces);
    taken.elements = take(elements, of_front.elements);
    taken.left_out = take(left_out, of_front.left_out);
    taken.begin = begin;
    taken.sum = of_front;
    begin += static_cast<std::uint32_t>(of_front.text);
    return taken;
}

KnownPrints::Run KnownPrints::Run::take_back(std::size_t count, const Prints::Sum& of_back) {
    Run back = *this;
    *this = {};
    prints = take(back.prints, back.prints.size() - count);
    text = take(back.text, back.text.size() - of_back.text);
    pieces = take(back.pieces, back.pieces.size() - of_back.pieces);
    elements = take(back.elements, back.elements.size() - of_back.elements);
    left_out = take(back.left_out, back.left_out.size() - of_back.left_out);
    begin = back.begin;
    back.begin += static_cast<std::uint32_t>(text.size());
    back.sum = of_back;
    return back;
}

KnownPrints::KnownPrints(const Prints& prints, const Prints::Body& body, const List& list) {
    Run rest{body.prints, body.text, body.pieces, body.elements, body.left_out, 0, {}};
    std::span<const Prints::Print> known = body.prints;
    std::span<const Value> elements = list;
    const auto is_same = [&](const Prints::Print& print, const Value& element) {
        return print.element != nullptr && print.element == prints.identity(element);
    };
    const auto most = [&] { return std::min(known.size(), elements.size()); };
    std::size_t count = 0;
    Prints::Sum front;
    for (; count < most() && is_same(known[count], elements[count]); ++count)
        front.add(known[count]);
    front_ = rest.take_front(count, front);
    known = known.subspan(count);
    elements = elements.subspan(count);

    const auto from_end = [](const auto& all, std::size_t at) -> const auto& {
        return all[all.size() - at - 1];
    };
    Prints::Sum back;
    for (count = 0; count < most() && is_same(from_end(known, count), from_end(elements, count));
         ++count)
        back.add(from_end(known, count));
    back_ = rest.take_back(count, back);

    if (elements.size() == count)
        return;
    rest_ = rest;
    between_.reserve(rest.prints.size());
    Place place;
    for (const Prints::Print& print : rest.prints) {
        between_.try_emplace(print.element, place);
        ++place.print;
        place.text += print.size;
        place.pieces += print.pieces;
        place.elements += print.elements;
        place.left_out += print.left_out;
    }
}

KnownPrints::Run KnownPrints::find(const Object* element) const {
    const auto found = element != nullptr ? between_.find(element) : between_.end();
    if (found == between_.end())
        return {};
    const Place& place = found->second;
    const Prints::Print& print = rest_.prints[place.print];
    Prints::Sum sum;
    sum.add(print);
    return {rest_.prints.subspan(place.print, 1),
            rest_.text.substr(place.text, print.size),
            rest_.pieces.subspan(place.pieces, print.pieces),
            rest_.elements.subspan(place.elements, print.elements),
            rest_.left_out.subspan(place.left_out, print.left_out),
            rest_.begin + place.text,
            sum};
}

} // namespace hitless::gotemplate
