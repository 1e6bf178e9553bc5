"""ResNet Explorer: streamlit run app.py."""

# A process spawned for a training imports this file under another name, and needs none of it.
if __name__ == "__main__":
    import streamlit as st

    from explorer import words
    from explorer.ui import controls, navigation, picker

    st.set_page_config(page_title="ResNet Explorer", page_icon="🧱", layout="wide")
    words.ask(controls.language)
    page = navigation.begin()
    controls.begin(page.url_path)
    st.set_page_config(page_title=f"{page.title} · ResNet Explorer")
    with st.sidebar:
        complaints = picker.draw()
    # In the page, because the sidebar is closed on a telephone.
    for sentence in complaints:
        st.warning(sentence, icon=":material/warning:")
    page.run()
