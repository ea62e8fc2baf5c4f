#include "gotemplate/prints.hpp"

#include <algorithm>

namespace hitless::gotemplate {

std::shared_ptr<Prints> keep_prints(std::shared_ptr<const void> owner) {
    return std::make_shared<Prints>(std::move(owner));
}

/// Keeps the memory.
void Prints::Body::clear() {
    variables.clear();
    prints.clear();
    text.clear();
    begin = 0;
    pieces.clear();
    elements.clear();
    left_out.clear();
}

namespace {

/// How much of each kind some prints have.
struct Size {
    std::size_t text = 0;
    std::size_t pieces = 0;
    std::size_t elements = 0;
    std::size_t left_out = 0;

    explicit Size(std::span<const Prints::Print> prints) {
        for (const Prints::Print& print : prints) {
            text += print.size;
            pieces += print.pieces;
            elements += print.elements;
            left_out += print.left_out;
        }
    }
};

template <class List>
List take(List& list, std::size_t count) {
    const List taken(list.data(), count);
    list = List(list.data() + count, list.size() - count);
    return taken;
}

} // namespace

KnownPrints::Run KnownPrints::Run::take_front(std::size_t count) {
    Run taken;
    taken.prints = take(prints, count);
    const Size size(taken.prints);
    taken.text = take(text, size.text);
    taken.pieces = take(pieces, size.pieces);
    taken.elements = take(elements, size.elements);
    taken.left_out = take(left_out, size.left_out);
    taken.begin = begin;
    begin += static_cast<std::uint32_t>(size.text);
    return taken;
}

KnownPrints::Run KnownPrints::Run::take_back(std::size_t count) {
    Run back = *this;
    const Size size(prints.last(count));
    *this = {};
    const Size rest(back.prints.first(back.prints.size() - count));
    prints = take(back.prints, back.prints.size() - count);
    text = take(back.text, rest.text);
    pieces = take(back.pieces, back.pieces.size() - size.pieces);
    elements = take(back.elements, back.elements.size() - size.elements);
    left_out = take(back.left_out, back.left_out.size() - size.left_out);
    begin = back.begin;
    back.begin += static_cast<std::uint32_t>(rest.text);
    return back;
}

KnownPrints::KnownPrints(const Prints& prints, const Prints::Body& body, const List& list) {
    Run rest{body.prints, body.text, body.pieces, body.elements, body.left_out, body.begin};
    std::span<const Prints::Print> known = body.prints;
    std::span<const Value> elements = list;
    const auto is_same = [&](const Prints::Print& print, const Value& element) {
        return print.element != nullptr && print.element == prints.identity(element);
    };
    const auto most = [&] { return std::min(known.size(), elements.size()); };
    std::size_t count = 0;
    while (count < most() && is_same(known[count], elements[count]))
        ++count;
    front_ = rest.take_front(count);
    known = known.subspan(count);
    elements = elements.subspan(count);

    count = 0;
    while (count < most() &&
           is_same(known[known.size() - count - 1], elements[elements.size() - count - 1]))
        ++count;
    back_ = rest.take_back(count);

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
    return {rest_.prints.subspan(place.print, 1),
            rest_.text.substr(place.text, print.size),
            rest_.pieces.subspan(place.pieces, print.pieces),
            rest_.elements.subspan(place.elements, print.elements),
            rest_.left_out.subspan(place.left_out, print.left_out),
            rest_.begin + place.text};
}

} // namespace hitless::gotemplate
