#pragma once

#include "hitless/plan/step.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hitless::apply {

/// Which commands carry steps out, and in which rounds: those of transactions first, since what the
/// later ones say depends on the answers to the earlier ones, and nobody sees them. Pure: whoever
/// owns this sends the commands.
class StepsRun {
  public:
    /// They must outlive this.
    explicit StepsRun(std::span<const plan::Step> steps) : steps_(steps) {}

    /// The commands of the next round, to be sent together; then call take() with their answers.
    /// None: all is done.
    [[nodiscard]] std::vector<haproxy::Command> next();
    void take(std::span<const std::string> answers);

    /// What HAProxy has said against the step, when all is done.
    [[nodiscard]] std::optional<plan::Refusal> take_refusal(const plan::Step& step);

  private:
    enum class Round { begin, fill, steps, over };
    struct Sent {
        const plan::Step* step = nullptr;
        haproxy::Command command;
        bool is_abort = false;
    };

    void add(const plan::Step& step);
    void send(const plan::Step& step, haproxy::Command command, bool is_abort = false);

    std::span<const plan::Step> steps_;
    Round round_ = Round::begin; ///< the next one
    std::vector<Sent> sent_;     ///< in this round
    std::map<const plan::Step*, std::string> versions_;
    std::map<const plan::Step*, plan::Refusal> refusals_;
};

} // namespace hitless::apply
