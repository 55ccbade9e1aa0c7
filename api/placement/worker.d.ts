export {
  ,
};
