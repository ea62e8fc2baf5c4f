#pragma once

#include "hitless/apply/publish.hpp"
#include "hitless/apply/vet.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/keys/key_tree.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::render {

/// What a resource's template makes of the keys, as hitlessd has it.
struct Rendered {
    std::string text;
    bool is_haproxy = false;                       ///< a configuration of HAProxy
    std::vector<apply::SpoiltPtr> spoilt;          ///< what bad values cost; it is left out
    std::shared_ptr<const confd::Rendering> known; ///< where the text's pieces come from
    apply::Reports::News news;                     ///< what is spoilt or mended since the last time
};

/// A template resource and the keys that it watches.
class ResourceRenderer {
  public:
    /// Reads the template. `all` are the keys with their prefixes; `strict` is confd's setting.
    /// `reading`: how HAProxy reads dest.
    static Result<std::unique_ptr<ResourceRenderer>>
    load(const confd::Resource& resource, const keys::KeyTree& all, bool strict,
         haproxy::Reading reading = haproxy::Reading::whole);

    /// Renders. A configuration of HAProxy is free of what bad values have spoilt.
    Result<Rendered> render();

    /// check_cmd has refused the file with this text, which may have more lines than was rendered.
    /// True when render() will leave lines out that were not before.
    bool leave_out(const std::string& text, const apply::Published& refused);
    /// The same of lines by their numbers, each with what check_cmd says of it.
    bool leave_out(const std::string& text, const std::map<int, std::string>& lines);

    [[nodiscard]] const confd::Renderer& renderer() const { return *renderer_; }
    [[nodiscard]] const apply::Rules& rules() const { return rules_; }

  private:
    ResourceRenderer(const confd::Resource& resource, bool strict);

    apply::Rules rules_;
    confd::Resource resource_;
    haproxy::Reading reading_ = haproxy::Reading::whole;
    apply::Reports reports_;
    apply::Vetter vetter_;
    std::unique_ptr<confd::Renderer> renderer_;
};

} // namespace hitless::render
