#pragma once

#include "hitless/gotemplate/value.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hitless::gotemplate {

/// What the bodies of ranges have printed for the elements of a list.
class Prints {
  public:
    /// What executing a body once gave and took.
    struct Print {
        const Object* element = nullptr; ///< nullptr: of an element that can't be known again
        std::size_t size = 0;            ///< bytes of output
        std::int64_t steps = 0;
        std::size_t made = 0; ///< bytes of strings made beside the output
        std::size_t list_made = 0;
    };
    /// The last time that a body was executed for a whole list.
    struct Body {
        std::vector<Value> variables; ///< its inputs
        std::vector<Print> prints;    ///< of each element
        std::string text;             ///< all output
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

/// The elements of a list that a body was executed for the last time: those at both ends that are
/// the same, and others by their identity.
class KnownPrints {
  public:
    KnownPrints(const Prints& prints, const Prints::Body& body, const List& list);

    /// So many elements at the start, and at the end, are those of the last time.
    [[nodiscard]] std::size_t front() const { return front_; }
    [[nodiscard]] std::size_t back() const { return back_; }

    struct Found {
        const Prints::Print* print = nullptr;
        std::size_t offset = 0; ///< of its output in the body's text
    };
    /// Of an element between them; without a print when there is none.
    [[nodiscard]] Found find(const Object* element) const;

  private:
    std::size_t front_ = 0;
    std::size_t back_ = 0;
    std::unordered_map<const Object*, Found> between_;
};

} // namespace hitless::gotemplate
