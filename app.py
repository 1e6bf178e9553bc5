"""ResNet Explorer: streamlit run app.py."""

# A process spawned for a training imports this file under another name, and needs none of it.
if __name__ == "__main__":
    import streamlit as st

    from explorer import words
    from explorer.ui import controls, link, navigation, picker

    words.ask(controls.language)
    st.set_page_config(page_title=words.label("app.name"), page_icon="🧱", layout="wide")
    controls.begin()
    page = navigation.begin()
    controls.begin_page(page.url_path)
    st.set_page_config(page_title=words.label("app.tab", page=page.title))
    with st.sidebar:
        navigation.links()
        complaints = picker.draw()
        controls.choose_language()
        link.copy_link()
    # In the page, because the sidebar is closed on a telephone.
    for sentence in complaints:
        st.warning(sentence, icon=":material/warning:")
    page.run()
