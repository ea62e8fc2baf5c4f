#pragma once

#include "hitless/gotemplate/output.hpp"
#include "hitless/gotemplate/value.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::gotemplate {

/// What the bodies of ranges have printed for the elements of a list.
class Prints {
  public:
    /// What executing a body once gave and took.
    struct Print {
        const Object* element = nullptr; ///< nullptr: of an element that can't be known again
        std::int64_t steps = 0;
        std::size_t made = 0; ///< bytes of strings made beside the output
        std::size_t list_made = 0;
        std::uint32_t size = 0; ///< bytes of output
        // How many of each the execution added to the output's.
        std::uint32_t pieces = 0;
        std::uint32_t elements = 0;
        std::uint32_t left_out = 0;
        bool is_left_out = false; ///< the element itself, not one within it
    };
    /// What some prints are together.
    struct Sum {
        std::int64_t steps = 0;
        std::size_t made = 0;
        std::size_t list_made = 0;
        std::size_t text = 0; ///< bytes of output
        std::size_t pieces = 0;
        std::size_t elements = 0;
        std::size_t left_out = 0;
        std::size_t elements_left_out = 0; ///< see Print::is_left_out

        void add(const Print& print);
    };
    /// The last time that a body was executed for a whole list.
    struct Body {
        // What it was executed with: without a gate it may hold what a gate refuses.
        bool is_gated = false;
        bool leaves_out = false;
        std::vector<Value> variables; ///< its inputs
        std::vector<Print> prints;    ///< of each element
        std::string text;             ///< all output; the places of what follows are in it
        std::vector<PrintedPiece> pieces;
        std::vector<Element> elements;
        std::vector<LeftOut> left_out;

        void clear();
        /// What the first elements printed, `front`, and the last ones, `back`, stays; `between` is
        /// put between them, in the place of what was there.
        void replace(const Sum& front, const Sum& back, std::size_t front_count,
                     std::size_t back_count, Body between);
    };

    explicit Prints(std::shared_ptr<const void> owner) : owner_(std::move(owner)) {}

    [[nodiscard]] Body& body(std::uint64_t id) { return bodies_[id]; }

    /// What the element is known again by.
    [[nodiscard]] const Object* identity(const Value& element) const {
        const auto* const object = element.as<Value::ObjectPtr>();
        const bool owned =
            object != nullptr && !object->owner_before(owner_) && !owner_.owner_before(*object);
        return owned ? object->get() : nullptr;
    }

  private:
    std::shared_ptr<const void> owner_;
    std::map<std::uint64_t, Body> bodies_;
};

/// What a body has printed the last time for elements of a list: for those at both ends that are
/// the same as then, and for others by their identity. The views are of the body's.
class KnownPrints {
  public:
    KnownPrints(const Prints& prints, const Prints::Body& body, const List& list);

    /// Of elements that follow each other.
    struct Run {
        std::span<const Prints::Print> prints;
        std::string_view text; ///< their output
        std::span<const PrintedPiece> pieces;
        std::span<const Element> elements;
        std::span<const LeftOut> left_out;
        std::uint32_t begin = 0; ///< where the text begins in the body's
        Prints::Sum sum;         ///< of `prints`; not of those between the runs

        /// Takes the first `count` elements off, which have that sum.
        Run take_front(std::size_t count, const Prints::Sum& of_front);
        /// Takes the last `count` elements off.
        Run take_back(std::size_t count, const Prints::Sum& of_back);
    };
    [[nodiscard]] const Run& front() const { return front_; }
    [[nodiscard]] const Run& back() const { return back_; }
    /// Of one element between these; empty when it isn't known.
    [[nodiscard]] Run find(const Object* element) const;

  private:
    Run front_;
    Run back_;
    /// Where an element's print begins among those between the runs.
    struct Place {
        std::uint32_t print = 0;
        std::uint32_t text = 0;
        std::uint32_t pieces = 0;
        std::uint32_t elements = 0;
        std::uint32_t left_out = 0;
    };
    Run rest_; ///< between the runs
    boost::unordered_flat_map<const Object*, Place> between_;
};

} // namespace hitless::gotemplate
