import streamlit as st

from explorer.lessons import section
from explorer.ui import inference_experiments, inference_sections, picker, upload
from explorer.ui import weights_input as weights

choice = picker.current()
st.title("Inference", anchor=False)
device = weights.usable_device(choice.device)
st.write(section("inference", "lead", network=choice.title, device=device.label))

left, right = st.columns([5, 6], gap="large")
with left:
    chosen = upload.choose()
with right:
    loaded = weights.choose(choice, device.id)
    scene = inference_sections.scene_of(choice, loaded, chosen)
    inference_sections.answer(scene)
with left:
    inference_sections.pictures(scene)

VIEWS = {
    "Preprocessing": inference_sections.preprocessing,
    "Feature maps": inference_sections.feature_maps,
    "Grad-CAM": inference_sections.grad_cam,
    "Receptive field": inference_experiments.receptive_field,
    "Lesions": inference_experiments.lesions,
    "train or eval": inference_experiments.modes,
    "Many pictures": inference_experiments.many,
    "Model card": inference_experiments.card,
}
st.divider()
view = st.segmented_control(
    "Look closer",
    list(VIEWS),
    default="Preprocessing",
    required=True,
    key="infer_view",
    bind="query-params",
    persist_state="session",
)
VIEWS[view](scene)
