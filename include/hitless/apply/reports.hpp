#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/apply/spoilt.hpp"
#include "hitless/confd/renderer.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::apply {

/// Tells what is left out once, and once when it is mended.
class Reports {
  public:
    /// What the rendering itself has left out. Costs little for what was left out the last time,
    /// too.
    std::vector<SpoiltPtr> of_rendering(const confd::Renderer& renderer,
                                        const confd::Rendering& rendering, const Rules& rules);

    /// The same of a file of entries (a map, an ACL list), and the lines that a value begins with
    /// '#': HAProxy skips them as comments.
    std::vector<SpoiltPtr> of_entries(const confd::Renderer& renderer,
                                      const confd::Rendering& rendering, const Rules& rules);

    struct News {
        std::vector<Spoilt> spoilt; ///< newly found
        std::vector<Spoilt> mended; ///< spoilt before, and now gone or right
    };
    /// `now` is all that is left out now.
    News update(std::vector<SpoiltPtr> now);

    /// All that is left out now.
    [[nodiscard]] const std::vector<SpoiltPtr>& all() const { return spoilt_; }

  private:
    /// What is known of an element that was left out, as long as its trouble is the same object.
    struct Known {
        std::shared_ptr<const gotemplate::Trouble> trouble;
        SpoiltPtr spoilt;
    };

    std::vector<Known> troubles_; ///< those of the last rendering, in its order
    std::vector<SpoiltPtr> spoilt_;
};

/// Says the news in the log.
void log(const Reports::News& news);

/// What to say of an error of a whole rendering: its message and the value to blame, if one is.
[[nodiscard]] std::string explain(const gotemplate::Trouble& trouble,
                                  const confd::Renderer& renderer, const Rules& rules);

} // namespace hitless::apply
