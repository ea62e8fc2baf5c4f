#pragma once

#include "gotemplate/builtins.hpp"
#include "gotemplate/prints.hpp"
#include "gotemplate/program.hpp"

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::gotemplate {

/// What evaluating gives: nothing (Go's "no value"), a value that lives elsewhere (in the data, a
/// variable or the syntax tree), or a value of its own.
class Outcome {
  public:
    Outcome() = default;
    static Outcome borrow(const Value* value) { return Outcome(value); }
    static Outcome own(Value value) { return Outcome(std::move(value)); }
    /// No value, where something with that trace was asked for one.
    static Outcome nothing(const Trace& asked) {
        Outcome outcome;
        outcome.own_.set_trace(asked);
        return outcome;
    }

    /// The value, or nullptr when there is none.
    [[nodiscard]] const Value* get() const { return is_own_ ? &own_ : borrowed_; }
    [[nodiscard]] bool is_own() const { return is_own_; }
    [[nodiscard]] const Trace& trace() const {
        return borrowed_ != nullptr ? borrowed_->trace() : own_.trace();
    }
    /// The value, or nil where there is none.
    [[nodiscard]] const Value& value_or_nil() const {
        return borrowed_ != nullptr ? *borrowed_ : own_;
    }
    /// The value to keep; nil when there is none.
    [[nodiscard]] Value take() && { return borrowed_ != nullptr ? *borrowed_ : std::move(own_); }
    /// Makes the value independent of where it lives.
    void detach() {
        if (!is_own_ && borrowed_ != nullptr)
            *this = own(*borrowed_);
    }

  private:
    explicit Outcome(const Value* value) : borrowed_(value) {}
    explicit Outcome(Value&& value) : is_own_(true), own_(std::move(value)) {}

    const Value* borrowed_ = nullptr;
    bool is_own_ = false;
    Value own_;
};

/// One execution of a program.
class Evaluator {
  public:
    Evaluator(const Template::Program& program, const Execution& execution)
        : program_(program), way_(execution) {}

    Output run(const Value& data);

  private:
    /// The first error ends the execution, from whatever depth, or that of the range's element that
    /// is to blame for it.
    struct Failure {
        Trouble trouble;
        bool is_limit = false;    ///< the execution takes too much
        bool is_too_deep = false; ///< it is nested too deeply
    };
    /// How a list of nodes was left.
    enum class Flow { normal, break_, continue_ };
    struct Variable {
        Value value;
        bool is_declared = false;
        bool has_value = false; ///< false for Go's "no value"
        [[nodiscard]] const Value* get() const { return has_value ? &value : nullptr; }
        void set(const Value* from);
    };
    /// A level of nesting, refused when it is too deep.
    class Level {
      public:
        explicit Level(Evaluator& evaluator);
        ~Level() { --evaluator_.level_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

      private:
        Evaluator& evaluator_;
    };
    class Nesting;
    using Frame = std::vector<Variable>;
    using Arguments = boost::container::small_vector<Value, 4>;

    // Nodes (evaluator.cpp).
    void call(const Definition& definition, const Value* dot);
    Flow walk(const NodeList& nodes, const Value* dot);
    Flow walk_branch(const Node& node, const Value* dot);
    void walk_template(const Node& node, const Value* dot);
    void print(const Node& node, const Outcome& outcome);
    void print_value(const Node& node, const Value& value);
    void note_pieces(const Node& node, const Trace& trace, std::size_t begin);
    void note_piece(const Node& node, const PrintedPiece& piece);
    [[nodiscard]] std::optional<std::string> flaw_of(const PrintedPiece& piece) const;

    // Loops (evaluator_range.cpp).
    /// How many elements of a range there are, and how many of them are left out.
    struct Tally {
        std::size_t first_left_out = 0; ///< among left_out_
        std::size_t elements = 0;
        std::size_t left_out = 0;
    };
    Flow walk_range(const Node& node, const Value* dot);
    bool walk_list(const Node& node, const List& list, const Trace& trace);
    bool walk_map(const Node& node, const Map& map, const Trace& trace);
    bool walk_integers(const Node& node, std::int64_t count, const Trace& trace);
    bool walk_known_list(const Node& node, const List& list, const Trace& trace);
    void print_again(const KnownPrints::Run& run);
    Flow walk_element(const Node& node, const Value* index, const Value* element, Tally& tally);
    Flow walk_once(const Node& node, const Value* index, const Value* element);
    void refuse_all(const Tally& tally, const Trace& trace);

    // Pipelines (evaluator_pipe.cpp). `last` is what the command before gave; nullptr when there is
    // none.
    Outcome evaluate(const Pipe& pipe, const Value* dot);
    Outcome evaluate(const Command& command, const Value* dot, Outcome* last);
    [[nodiscard]] Outcome of_dot(const Value* dot) const {
        return dot != nullptr ? Outcome::borrow(dot) : Outcome::nothing(no_dot_);
    }
    Outcome evaluate_operand(const Term& term, const Value* dot);
    Outcome evaluate_variable(const Command* command, const Term& term, const Value* dot,
                              Outcome* last);
    Outcome evaluate_chain(const Command* command, const Term& term, const Value* dot,
                           Outcome* last);
    Outcome evaluate_fields(const Command* command, const Term& term, Outcome receiver,
                            const Value* dot, Outcome* last);
    Outcome evaluate_field(const Term& term, std::string_view name, Outcome receiver);
    Outcome evaluate_method(const Command& command, const Term& term, Outcome receiver,
                            const Value* dot, Outcome* last);
    Outcome call_method(const Object& object, const Term& term, std::string_view name,
                        std::span<const Value> arguments);
    [[noreturn]] void refuse_field(std::string_view name, const Value* value);
    void settle(const Pipe& pipe, Outcome& outcome);
    void declare(const Pipe& pipe, Outcome& outcome);
    Variable* find(const VariableSlot& variable);
    void refuse_arguments(const Command& command, const Outcome* last);

    // Calls (evaluator_call.cpp).
    Outcome evaluate_call(const Command* command, const Term& term, const Value* dot,
                          Outcome* last);
    Outcome call_function(const Command* command, const Term& term, const Value* dot,
                          Outcome* last);
    Outcome call_builtin(const Command* command, const Term& term, const Value* dot, Outcome* last);
    Outcome call_logic(const Command* command, bool stops_at, const Value* dot, Outcome* last);
    Outcome evaluate_string(const Term& term, const Value* dot);
    void expect_string(const Value* value);
    void evaluate_arguments(const Command& command, const Value* dot, Outcome* last,
                            Arguments& arguments);
    /// `blame` is asked for what the arguments were made from, when that matters.
    template <class Blame>
    Outcome finish_call(const Command* command, const Term& term, Result<Value> result,
                        bool keeps_traces, Blame blame);

    void spend(std::int64_t steps);
    void spend_on(const Value* operand);
    void account(const Value& value);
    void account_list(const List& list);
    void check_made();
    [[nodiscard]] std::size_t room() const;
    template <class... Args>
    [[noreturn]] void fail_here(fmt::format_string<Args...> format, Args&&... args) {
        refuse({}, fmt::format(format, std::forward<Args>(args)...));
    }
    template <class... Args>
    [[noreturn]] void fail_by_limit(fmt::format_string<Args...> format, Args&&... args) {
        try {
            refuse({}, fmt::format(format, std::forward<Args>(args)...));
        } catch (Failure& failure) {
            failure.is_limit = true;
            throw;
        }
    }
    /// For an error that a value with this trace has brought about.
    template <class... Args>
    [[noreturn]] void fail_for(const Trace& blame, fmt::format_string<Args...> format,
                               Args&&... args) {
        refuse(blame, fmt::format(format, std::forward<Args>(args)...));
    }
    [[noreturn]] void fail_too_deep();
    [[noreturn]] void refuse(const Trace& blame, const std::string& message);

    /// The node in work, which messages name.
    struct Place {
        std::size_t position = 0;
        const void* node = nullptr;
        std::string (*text)(const void* node) = nullptr;
    };
    template <class T>
    void at(const T& node) {
        place_ = {node.position, &node,
                  [](const void* p) { return to_text(*static_cast<const T*>(p)); }};
    }

    /// How far the output has come.
    struct Progress {
        std::size_t text = 0;
        std::size_t pieces = 0;
        std::size_t elements = 0;
        std::size_t left_out = 0;
        // What it has taken.
        std::int64_t steps = 0;
        std::size_t made = 0;
        std::size_t list_made = 0;
    };
    [[nodiscard]] Progress progress() const;
    void add_since(const Progress& begin, std::size_t start, Prints::Body& to) const;
    void go_back(const Progress& to);
    [[nodiscard]] bool takes_most_since(const Progress& before);

    const Template::Program& program_;
    Execution way_;
    const Definition* definition_ = nullptr;
    Frame* frame_ = nullptr;
    std::string out_;
    std::vector<PrintedPiece> pieces_;
    std::vector<Element> elements_;
    std::vector<LeftOut> left_out_;
    Trace inner_blame_; ///< of an execution within this one that has just failed
    Trace no_dot_;      ///< where there is no dot: what it was asked of
    Place place_;
    std::int64_t steps_ = 0;
    std::size_t made_ = 0;      ///< bytes of strings made beside the output
    std::size_t list_made_ = 0; ///< bytes of lists
    int level_ = 0;
    std::int64_t wasted_ = 0; ///< steps of elements that took too much
};

} // namespace hitless::gotemplate
