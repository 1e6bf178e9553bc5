import streamlit as st

from explorer.ui import picker
from explorer.ui.device import usable_device
from explorer.ui.inference import (
    answer,
    card,
    feature_maps,
    grad_cam,
    lesions,
    many,
    modes,
    preprocessing,
    receptive_field,
    upload,
    weights,
)
from explorer.words import section

st.title("Inference", anchor=False)
lead = st.container()

left, right = st.columns([5, 6], gap="large")
with left:
    chosen = upload.choose()
with right:
    notice = st.container()
    wanted = weights.select()
    with notice:
        choice = weights.stand_in(picker.current(), wanted)
with lead:
    device = usable_device(choice.device)
    st.write(section("inference", "lead", network=choice.title, device=device.label))
with right:
    loaded = weights.choose(choice, wanted, device.id)
    scene = answer.scene_of(choice, loaded, chosen)
    answer.answer(scene)
with left:
    answer.pictures(scene)

VIEWS = {
    "Preprocessing": preprocessing.draw,
    "Feature maps": feature_maps.draw,
    "Grad-CAM": grad_cam.draw,
    "Receptive field": receptive_field.draw,
    "Lesions": lesions.draw,
    "train or eval": modes.draw,
    "Many pictures": many.draw,
    "Model card": card.draw,
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
